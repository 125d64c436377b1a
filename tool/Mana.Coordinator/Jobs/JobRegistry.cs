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

    public static string RequireName(string name) =>
        name.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? name
            : throw new UserErrorException(JobFileErrors.BadName(name));

    /// <summary>The program's own name and our pid: nobody else has it while we live.</summary>
    public static string DefaultName(string program)
    {
        string name = string.Concat(Path.GetFileName(program).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')).TrimStart('.', '-', '_');
        return $"{(name.Length == 0 ? "job" : name[..Math.Min(name.Length, 48)])}-{Environment.ProcessId}";
    }

    /// <summary>Refuses a name that a running job has.</summary>
    public void RequireFree(string name)
    {
        string file = JobFile.PathOf(folder, name);
        if (File.Exists(file) && TryRead(file) is { IsStale: false } job) throw new UserErrorException(JobFileErrors.Taken(name, job.Pid));
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
