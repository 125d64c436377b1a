using System.Diagnostics;
using System.Text.Json.Nodes;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>A job in the background, started or restarted, and what its user does to it from another terminal. Disposed, nothing of it is left.</summary>
internal sealed class Job : IAsyncDisposable
{
    /// <summary>mana launch's and mana restart's, of a job that a checkpoint has stopped.</summary>
    public const int Stopped = 85;

    /// <summary>What mana itself could not do.</summary>
    public const int ManaFailed = 125;

    /// <summary>Of a restart that nothing interrupts any more: what is left of a story needs no pace (story.h).</summary>
    public static readonly string[] Hurry = ["--env", "STORY_MILLISECONDS=" + House.FullSpeed];

    /// <summary>That one checkpoint after the other may meet, of a program whose children are short-lived.</summary>
    private const int MostChildren = 10;

    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(90);

    private readonly Place place;
    private readonly CancellationTokenSource over = new();

    private Job(Place place, IReadOnlyList<string> words, TimeSpan limit)
    {
        this.place = place;
        Running = Bounded.RunAsync(words, place.Folder.Path, place.Environment, limit, place.Input, over: over.Token);
    }

    /// <summary>Where a job lives: the same for all its restarts.</summary>
    /// <param name="House">Whose tool it uses.</param>
    /// <param name="Folder">Its working directory, with its checkpoints in a folder beside its files.</param>
    /// <param name="Name">--job.</param>
    /// <param name="Ranks">How many.</param>
    /// <param name="More">Environment beside the usual.</param>
    /// <param name="Input">Standard input of the job, at its start and at each restart.</param>
    internal sealed record Place(House House, Folder Folder, string Name, int Ranks, IReadOnlyDictionary<string, string?> More, string? Input = null)
    {
        public IReadOnlyDictionary<string, string?> Environment => House.EnvironmentIn(Folder, More);

        public string Checkpoints => Folder["checkpoints"];

        /// <summary>Of this job; `mana restart` takes the newest in it.</summary>
        public string JobFolder => Path.Combine(Checkpoints, Name);

        /// <summary>Mana's own, while the job runs.</summary>
        public string JobFile => Path.Combine(House.Tool.Home, "jobs", Name + ".toml");

        /// <summary>Committed ones, oldest first.</summary>
        public IReadOnlyList<string> Committed => Directory.Exists(JobFolder)
            ? [.. Directory.GetDirectories(JobFolder).Where(d => File.Exists(Path.Combine(d, "manifest.toml"))).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>mana launch's or mana restart's own outcome.</summary>
    public Task<Outcome> Running { get; }

    public static Job Launch(Place place, Mpi bundle, IEnumerable<string> program, TimeSpan limit, params string[] options) => new(
        place, place.House.Tool.Launch(bundle, place.Ranks, program, ["--job", place.Name, "--checkpoint-dir", place.Checkpoints, .. options]), limit);

    /// <param name="bundle">Null: mana chooses.</param>
    /// <param name="checkpoint">A checkpoint's folder or the job's.</param>
    public static Job Restart(Place place, Mpi? bundle, string checkpoint, TimeSpan limit, params string[] options) =>
        new(place, [place.House.Tool.Mana, "restart", .. bundle is null ? [] : (string[])["--bundle", bundle.Name], .. options, checkpoint], limit);

    /// <summary>Another command line that runs the place's job.</summary>
    public static Job Run(Place place, IReadOnlyList<string> words, TimeSpan limit) => new(place, words, limit);

    public async Task RequireUnderWayAsync() =>
        Assert.True(await IsUnderWayAsync(), Running.IsCompleted ? "it has ended before:\n" + await Running : "it does not get under way");

    /// <summary>All ranks are there and the program goes its way. False: the job has ended before that was seen.</summary>
    public async Task<bool> IsUnderWayAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        for (string? last = null; watch.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(50))
        {
            if (Running.IsCompleted) return false;
            // To ask costs more than to look, and a job has to come up first.
            last = File.Exists(place.JobFile) ? (string?)(await StatusAsync())?["state"] : null;
            if (last == "running") return true;
            if (last is "finalizing" or "ended") return false;
        }
        Assert.Fail($"after a minute not all {place.Ranks} ranks of {place.Name} were there: {await StatusAsync()}");
        return false;
    }

    /// <summary>Null while there is no such job, or not yet, or no more.</summary>
    public async Task<JsonNode?> StatusAsync(params string[] options)
    {
        Outcome outcome = await ManaAsync(["status", place.Name, "--json", .. options]);
        Assert.False(outcome.TimedOut, outcome.ToString());
        return outcome.ExitCode == 0 ? JsonNode.Parse(outcome.Output) : null;
    }

    /// <summary>Refused, and to be taken again when the child has ended.</summary>
    private static bool MetAChild(Outcome checkpoint) => checkpoint.ExitCode == ManaFailed && checkpoint.Errors.Contains("it has a child process, ", StringComparison.Ordinal);

    public Task<Outcome> CheckpointAsync(params string[] options) => ManaAsync(["checkpoint", place.Name, .. options]);

    /// <summary>Takes a checkpoint that leaves the job running. False: the program had ended, or was ending, before.</summary>
    public async Task<bool> SaveAsync()
    {
        Outcome checkpoint = await PatientCheckpointAsync();
        if (checkpoint.ExitCode != 0) await RequireEndingAsync(checkpoint);
        return checkpoint.ExitCode == 0;
    }

    /// <summary>Takes a checkpoint that stops the job, and waits for its end. Null: the program had ended, or was ending, before.</summary>
    public async Task<Outcome?> StopAsync()
    {
        Outcome checkpoint = await PatientCheckpointAsync("--stop");
        if (checkpoint.ExitCode != 0)
        {
            await RequireEndingAsync(checkpoint);
            return null;
        }
        Outcome stopped = await Running;
        Assert.True(stopped.ExitCode == Stopped && !stopped.TimedOut, $"{stopped}\n--- stopped by\n{checkpoint}");
        Assert.True(place.Committed.Count > 0, $"no checkpoint in {place.JobFolder}: {checkpoint}");
        return stopped;
    }

    /// <summary>Of a program that has children now and then.</summary>
    private async Task<Outcome> PatientCheckpointAsync(params string[] options)
    {
        Outcome checkpoint = await CheckpointAsync(options);
        for (int tries = 0; MetAChild(checkpoint) && tries < MostChildren; tries++)
        {
            await Task.Delay(50);
            checkpoint = await CheckpointAsync(options);
        }
        return checkpoint;
    }

    /// <summary>Whether a job is to blame that took no checkpoint, it says itself: one that ends well, soon after, was ending when it was asked.</summary>
    private async Task RequireEndingAsync(Outcome checkpoint)
    {
        Task first = await Task.WhenAny(Running, Task.Delay(TimeSpan.FromSeconds(5)));
        Assert.True(first == Running && Running.Result.ExitCode == 0 && !checkpoint.TimedOut, checkpoint + (Running.IsCompleted ? "\n--- the job\n" + Running.Result : ""));
    }

    public async Task<int> PidOfRankAsync(int rank) =>
        (int?)(await StatusAsync())?["ranks"]?.AsArray().Single(r => (int)r!["rank"]! == rank)!["pid"] ?? throw new InvalidOperationException("no status");

    /// <param name="signal">As kill(1) wants it.</param>
    public async Task SignalRankAsync(int rank, string signal) => await KillAsync(signal, await PidOfRankAsync(rank));

    /// <summary>To `mana launch` or `mana restart` itself.</summary>
    /// <param name="group">To all of its process group.</param>
    public async Task SignalAsync(string signal, bool group = false)
    {
        int pid = await PidAsync();
        await KillAsync(signal, group ? -pid : pid);
    }

    /// <summary>Of `mana launch` or `mana restart` itself.</summary>
    public async Task<int> PidAsync() => (int?)(await StatusAsync())?["pid"] ?? throw new InvalidOperationException("no status");

    /// <summary>Waits until a process is stopped, as by SIGSTOP.</summary>
    public static async Task StandsStillAsync(int pid)
    {
        for (int tries = 0; !(await File.ReadAllTextAsync($"/proc/{pid}/stat")).Contains(") T ", StringComparison.Ordinal); tries++)
        {
            Assert.True(tries < 300, "it does not stand still");
            await Task.Delay(100);
        }
    }

    public static async Task KillAsync(string signal, int pid)
    {
        Outcome outcome = await Bounded.RunAsync(["kill", "-" + signal, "--", pid.ToString()], "/", new Dictionary<string, string?>(), TimeSpan.FromSeconds(10));
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
    }

    /// <summary>mana's own process and those of the ranks.</summary>
    public async Task<(LiveProcess Mana, IReadOnlyList<LiveProcess> Ranks)> ProcessesAsync()
    {
        JsonNode status = await StatusAsync() ?? throw new InvalidOperationException("no status");
        LiveProcess[] ranks = [.. status["ranks"]!.AsArray().OrderBy(r => (int)r!["rank"]!).Select(r => LiveProcess.Of((int)r!["pid"]!))];
        return (LiveProcess.Of((int)status["pid"]!), ranks);
    }

    /// <summary>Another command of mana's, in the job's folder.</summary>
    public Task<Outcome> ManaAsync(params string[] words) =>
        Bounded.RunAsync([place.House.Tool.Mana, .. words], place.Folder.Path, place.Environment, CommandLimit);

    public async ValueTask DisposeAsync()
    {
        if (!Running.IsCompleted) await over.CancelAsync();
        await Running;
        over.Dispose();
    }
}
