using Mana.Common.Errors;

namespace Mana.Coordinator.Jobs;

/// <summary>The jobs of this user, by their files.</summary>
/// <param name="folder">$MANA_HOME/jobs.</param>
/// <param name="say">Told what was tidied up.</param>
public sealed class JobRegistry(string folder, Action<string> say)
{
    private const int LongestName = 64;

    public string Folder => folder;

    /// <summary>Running jobs by name. Files that a killed coordinator left are removed.</summary>
    public IReadOnlyList<JobFile> Running()
    {
        if (!Directory.Exists(folder)) return [];
        List<JobFile> running = [];
        foreach (string file in Directory.GetFiles(folder, "*.toml").Order(StringComparer.Ordinal))
        {
            if (TryRead(file) is not { } job) continue;
            if (!job.IsStale) running.Add(job);
            else
            {
                File.Delete(file);
                say($"mana: removed the file of the job '{job.Job}': its process {job.Pid} is dead");
            }
        }
        return running;
    }

    /// <summary>The one named; without a name the only one there is.</summary>
    public JobFile Find(string? name)
    {
        IReadOnlyList<JobFile> running = Running();
        if (name is not null)
            return running.FirstOrDefault(j => string.Equals(j.Job, name, StringComparison.Ordinal))
                ?? throw new UserErrorException(JobFileErrors.NoSuchJob(name, [.. running.Select(j => j.Job)], folder));
        return running.Count switch
        {
            0 => throw new UserErrorException(JobFileErrors.NoJob(folder)),
            1 => running[0],
            _ => throw new UserErrorException(JobFileErrors.SeveralJobs(running.Select(j => j.Job))),
        };
    }

    public static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    public static string RequireName(string name) => IsName(name) ? name : throw new UserErrorException(JobFileErrors.BadName(name));

    /// <summary>The program's own name and our pid: nobody else here has it while we live. Where an earlier job of this name has left checkpoints, it gets a number too.</summary>
    /// <param name="program">A path.</param>
    /// <param name="checkpoints">--checkpoint-dir.</param>
    public static string DefaultName(string program, string checkpoints)
    {
        string name = string.Concat(Path.GetFileName(program).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')).TrimStart('.', '-', '_');
        name = $"{(name.Length == 0 ? "job" : name[..Math.Min(name.Length, 44)])}-{Environment.ProcessId}";
        return Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? name : $"{name}-{i}").First(n => !Directory.Exists(Path.Combine(checkpoints, n)));
    }

    /// <summary>
    /// Refuses a name that a running job has. A file whose coordinator does not answer is of a job that died with its host, or before its pid was another's: it is removed.
    /// </summary>
    public async Task RequireFreeAsync(string name)
    {
        string file = JobFile.PathOf(folder, name);
        if (!File.Exists(file)) return;
        if (TryRead(file) is not { } job)
        {
            File.Delete(file);
            return;
        }
        if (!job.IsStale && await CoordinatorClient.AnswersAsync(job)) throw new UserErrorException(JobFileErrors.Taken(name, $"process {job.Pid} on {job.Host}"));
        job.Remove(folder);
        say($"mana: removed the file of the job '{name}': its process {job.Pid} on {job.Host} does not answer");
    }

    private static JobFile? TryRead(string file)
    {
        try
        {
            return JobFile.Read(file);
        }
        catch (UserErrorException)
        {
            // Gone in between, or not ours: somebody who names it is told.
            return null;
        }
    }
}
