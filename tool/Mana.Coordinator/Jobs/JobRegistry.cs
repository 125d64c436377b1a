using System.Diagnostics;
using Mana.Common.Errors;

namespace Mana.Coordinator.Jobs;

/// <summary>The jobs of this user, by their files.</summary>
/// <param name="folder">$MANA_HOME/jobs.</param>
/// <param name="say">Told what was tidied up.</param>
public sealed class JobRegistry(string folder, Action<string> say)
{
    private const int LongestName = 64;

    /// <summary>Of ranks that cannot finalize their MPI (an agent leaves after 20 s), and a launcher.</summary>
    private static readonly TimeSpan s_leaving = TimeSpan.FromSeconds(30);

    public string Folder => folder;

    /// <summary>Jobs whose coordinator runs, by name. Files that a killed one left are removed, unless their job runs on without it.</summary>
    public IReadOnlyList<JobFile> Running()
    {
        List<JobFile> running = [];
        foreach ((string file, JobFile job) in All())
        {
            if (Pulse.MayLive(file, job.Process)) running.Add(job);
            else if (!job.RunsAlone && job.Remove(folder)) say($"mana: removed the file of the job '{job.Job}': {job.Process.Place} is dead");
        }
        return running;
    }

    /// <summary>The one named; without a name the only one there is.</summary>
    public JobFile Find(string? name)
    {
        IReadOnlyList<JobFile> running = Running();
        if (name is not null)
            return running.FirstOrDefault(j => string.Equals(j.Job, name, StringComparison.Ordinal)) ?? throw new UserErrorException(WhyNot(name, running));
        return running.Count switch
        {
            0 => throw new UserErrorException(JobFileErrors.NoJob(folder)),
            1 => running[0],
            _ => throw new UserErrorException(JobFileErrors.SeveralJobs(running.Select(j => j.Job))),
        };
    }

    /// <summary>One whose file cannot be read is told by <see cref="JobFile.Read"/>.</summary>
    private UserError WhyNot(string name, IReadOnlyList<JobFile> running)
    {
        string file = JobFile.PathOf(folder, name);
        return IsName(name) && File.Exists(file) && JobFile.Read(file) is { RunsAlone: true } alone
            ? JobFileErrors.RunsAlone(alone) : JobFileErrors.NoSuchJob(name, [.. running.Select(j => j.Job)], folder);
    }

    public static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    public static string RequireName(string name) => IsName(name) ? name : throw new UserErrorException(JobFileErrors.BadName(name));

    /// <summary>
    /// The program's own name and our pid: nobody else here has it while we live. Where a job of another host has it, or an earlier one has left checkpoints, it gets a number too.
    /// </summary>
    /// <param name="program">A path.</param>
    /// <param name="checkpoints">--checkpoint-dir.</param>
    public string DefaultName(string program, string checkpoints)
    {
        string name = string.Concat(Path.GetFileName(program).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')).TrimStart('.', '-', '_');
        name = $"{(name.Length == 0 ? "job" : name[..Math.Min(name.Length, 44)])}-{Environment.ProcessId}";
        return Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? name : $"{name}-{i}")
            .First(n => !Directory.Exists(Path.Combine(checkpoints, n)) && !File.Exists(JobFile.PathOf(folder, n)));
    }

    /// <summary>Refuses a name that a running job has, or may have: its file cannot be read. That of a dead job is removed.</summary>
    public async Task RequireFreeAsync(string name)
    {
        string file = JobFile.PathOf(folder, name);
        if (!File.Exists(file)) return;
        if (TryRead(file) is null && DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > Pulse.Patience)
        {
            // A power cut leaves it empty, another release writes another form; and nobody has touched it, as a living job does.
            File.Delete(file);
            say($"mana: removed the file of the job '{name}', which is damaged and no living job's: {file}");
            return;
        }
        JobFile job = JobFile.Read(file);
        if (job.RunsAlone) throw new UserErrorException(JobFileErrors.RunsAlone(job));
        if (await LivesAsync(file, job)) throw new UserErrorException(JobFileErrors.Taken(name, job.Process.Place));
        if (job.Remove(folder)) say($"mana: removed the file of the job '{name}': {job.Process.Place} is dead");
    }

    /// <summary>Until a job that was stopped has left, so that a restart may follow at once; not for ever, and no longer than somebody waits.</summary>
    public async Task WhenGoneAsync(JobFile job, CancellationToken interrupt)
    {
        string file = JobFile.PathOf(folder, job.Job);
        for (Stopwatch waited = Stopwatch.StartNew(); waited.Elapsed < s_leaving && !interrupt.IsCancellationRequested && TryRead(file)?.Secret.Matches(job.Secret) is true;)
            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
    }

    /// <summary>Refuses a folder of checkpoints whose job runs: what is restarted from one of them writes the same files.</summary>
    public async Task RequireUnusedAsync(string checkpoints)
    {
        foreach ((string file, JobFile job) in All().Where(j => CheckpointFolder.IsSame(j.Job.Checkpoints, checkpoints)))
        {
            if (job.RunsAlone) throw new UserErrorException(JobFileErrors.RunsAlone(job));
            if (await LivesAsync(file, job)) throw new UserErrorException(LockErrors.InUse(checkpoints, job));
        }
    }

    /// <summary>Whether a job that may run has its checkpoints there.</summary>
    public bool IsUsed(string checkpoints) =>
        All().Any(j => CheckpointFolder.IsSame(j.Job.Checkpoints, checkpoints) && (j.Job.RunsAlone || Pulse.MayLive(j.File, j.Job.Process)));

    /// <summary>One that answers is not waited for.</summary>
    private async Task<bool> LivesAsync(string file, JobFile job) =>
        job.Process.Lives ?? (await CoordinatorClient.AnswersAsync(job) || await Pulse.LivesAsync(file, job.Process, say));

    /// <summary>Of all files that can be read.</summary>
    private IEnumerable<(string File, JobFile Job)> All()
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (string file in Directory.GetFiles(folder, "*.toml").Order(StringComparer.Ordinal))
            if (TryRead(file) is { } job) yield return (file, job);
    }

    private static JobFile? TryRead(string file)
    {
        try
        {
            return JobFile.Read(file);
        }
        catch (UserErrorException)
        {
            // Gone in between, or of another release: somebody who names it is told.
            return null;
        }
    }
}
