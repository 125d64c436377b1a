using System.Runtime.InteropServices;
using Mana.Bundles.Launch;
using Mana.Cli.Terminal;
using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;

namespace Mana.Cli.Commands;

/// <summary>A job in the foreground: the launcher, and beside it the coordinator, for as long as the launcher runs.</summary>
/// <param name="tool">The user's folders.</param>
/// <param name="job">What runs.</param>
/// <param name="choices">Its checkpoints.</param>
/// <param name="ranks">As asked for.</param>
internal sealed class JobRun(Tool tool, JobDescription job, JobChoices choices, int ranks)
{
    private const int HighestSignal = 64;

    /// <summary>Ranks that cannot be restarted leave by themselves, without a word of the launcher's, if they can.</summary>
    private static readonly TimeSpan s_leaving = TimeSpan.FromSeconds(5);

    private readonly string _dir = Path.GetFullPath(choices.CheckpointDir);

    /// <summary>The checkpoint from which the job goes on.</summary>
    public string? From { get; init; }

    /// <summary>Though another job that goes on from it may run.</summary>
    public bool Force { get; init; }

    /// <param name="settings">Of the coordinator; epochs go on from what is in the job's folder.</param>
    /// <param name="planWith">The launcher's command, for the path of the job file; null where there is none.</param>
    public async Task<int> RunAsync(JobSettings settings, Func<string?, LaunchPlan> planWith)
    {
        JobRegistry registry = new(tool.Home.Jobs, tool.Talk.Inform);
        if (From is not null && !Force) await registry.RequireUnusedAsync(Path.GetDirectoryName(From)!);
        await registry.RequireFreeAsync(job.Job);
        await using RestartLock? held = From is null ? null : await RestartLock.TakeAsync(From, Force, tool.Talk.Inform);
        string? asked = Environment.GetEnvironmentVariable(CoordinatorFaults.Variable);
        CoordinatorFaults faults = CoordinatorFaults.TryParse(asked) ?? throw new UserErrorException(CliErrors.NoFault(asked!));
        CheckpointFolder store = Store(faults);
        settings = settings with { LastEpoch = Math.Max(settings.LastEpoch, store.HighestEpoch), Ranks = ranks, Faults = faults, Log = new JobLog(store.Folder).Write };
        tool.Talk.Detail($"mana: checkpoints go to {store.Folder}, {choices}");
        if (choices.Interval is not null && !DurableFile.MayMake(store.Folder)) Output.Message("mana: " + CliErrors.NotWritable(store.Folder));
        await using CoordinatorServer server = new(settings, store);
        JobFile file = new(job.Job, CoordinatorServer.Addresses(), server.Port, server.Secret, ProcessMark.Own, ranks, DateTimeOffset.UtcNow, store.Folder);
        string? path = Announce(file, isRestart: settings.Restart is not null) ? JobFile.PathOf(tool.Home.Jobs, job.Job) : null;
        // Whoever took us for dead has removed it.
        Pulse? pulse = path is null ? null : new Pulse(path, () => Try(() => file.Rewrite(tool.Home.Jobs)));
        try
        {
            return await RunAsync(server, planWith(path), store, launcher =>
            {
                ProcessMark mark = ProcessMark.Of(launcher);
                if (path is not null) Try(() => file = file.AddLauncher(tool.Home.Jobs, mark));
                held?.AddLauncher(mark);
            });
        }
        finally
        {
            if (pulse is not null) await pulse.DisposeAsync();
            if (path is not null) _ = file.Remove(tool.Home.Jobs);
        }
    }

    /// <summary>What another run has left where this one's checkpoints go is not this one's to remove.</summary>
    private CheckpointFolder Store(CoordinatorFaults faults)
    {
        EarlierRuns earlier = EarlierRuns.Find(Path.Combine(_dir, job.Job), From);
        if (earlier.Remark is { } remark) tool.Talk.Inform("mana: " + remark);
        return new CheckpointFolder(_dir, job, choices.Keep, faults) { Earlier = earlier.UpTo };
    }

    /// <summary>On the job file, which does for ranks and clients as it was written first.</summary>
    private static void Try(Action change)
    {
        try
        {
            change();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }

    private async Task<int> RunAsync(CoordinatorServer server, LaunchPlan plan, CheckpointFolder store, Action<int> started)
    {
        using JobProcess process = new();
        using CancellationTokenSource ended = new();
        using PosixSignalRegistration? signal = choices.CheckpointSignal is { } number
            ? PosixSignalRegistration.Create((PosixSignal)(int)number, context =>
            {
                context.Cancel = true;
                _ = CheckpointAsync(server, stop: true);
            })
            : null;
        Task<int> running = process.RunAsync(plan, started);
        if (choices.Interval is { } interval) _ = RepeatAsync(server, interval, ended.Token);
        await Task.WhenAny(running, server.RestartFailed);
        if (server.RestartFailed.IsCompleted && !process.Interrupted)
        {
            await Task.WhenAny(running, Task.Delay(s_leaving));
            if (!running.IsCompleted) await process.EndAsync();
            await running;
            throw new UserErrorException(await server.RestartFailed);
        }
        await ended.CancelAsync();
        int code = await running;
        if (!server.Stopped)
        {
            if (code == 0 || process.Interrupted) return code;
            if (await server.GoneAsync() is { Count: > 0 } gone) Output.Error(CheckpointErrors.Died(gone, store.Newest?.Path ?? From, launcherKills: plan.SignalAsCode));
            bool isSignal = plan.SignalAsCode && code <= HighestSignal && await server.OnlySignalExplainsAsync(code);
            return isSignal ? ExitCodes.SignalBase + code : code;
        }
        tool.Talk.Inform($"mana: checkpointed and stopped; go on with: mana restart {Shortest(store)}");
        return ExitCodes.Stopped;
    }

    /// <summary>What names the newest checkpoint: the job's name, where that leads there from here, with no option said.</summary>
    private string Shortest(CheckpointFolder store)
    {
        string? newest = store.Newest?.Path;
        bool byName = newest is not null && CheckpointSearch.TryFind(job.Job, CheckpointSearch.Places(tool, null))?.Path is { } found && string.Equals(found, newest, StringComparison.Ordinal);
        return byName ? job.Job : newest ?? store.Folder;
    }

    /// <summary>Writes the job file. A job whose file cannot be written runs all the same, without checkpoints, and says so; but a restart needs its coordinator.</summary>
    /// <returns>Whether there is one.</returns>
    private bool Announce(JobFile file, bool isRestart)
    {
        try
        {
            file.Write(tool.Home.Jobs);
            return true;
        }
        catch (IOException e) when (e.HResult == JobFile.Exists && File.Exists(JobFile.PathOf(tool.Home.Jobs, job.Job)))
        {
            throw new UserErrorException(JobFileErrors.Taken(job.Job, "another one, which has just begun"), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (isRestart) throw new UserErrorException(JobFileErrors.NotWritten(tool.Home.Jobs, e.Message), e);
            Output.Message($"mana: no checkpoint of this job can be taken: {e.Message}\n  to do: set MANA_HOME to a folder that can be written");
            return false;
        }
    }

    /// <param name="recurring">Of those that are taken by the clock.</param>
    private async Task CheckpointAsync(CoordinatorServer server, bool stop, RecurringError? recurring = null, CancellationToken ended = default)
    {
        CheckpointOutcome outcome = await server.CheckpointAsync(stop, limit: null, line => tool.Talk.Detail("mana: " + line));
        // One of many that are taken by the clock is not missed when the job has ended.
        if (ended.IsCancellationRequested) return;
        if ((recurring is null ? outcome.Error : recurring.ToTell(outcome)) is { } error) Output.Error(error);
        if (outcome.Warning is { } warning) Output.Message("mana: " + warning);
        if (outcome.Committed) tool.Talk.Detail($"mana: checkpoint {outcome.Epoch} is in {outcome.Folder} ({Size.Of(outcome.Bytes)}, {outcome.Elapsed.TotalSeconds:0.0} s)");
    }

    private async Task RepeatAsync(CoordinatorServer server, TimeSpan interval, CancellationToken ended)
    {
        RecurringError recurring = new();
        try
        {
            while (true)
            {
                await Task.Delay(interval, ended);
                Task checkpoint = CheckpointAsync(server, stop: false, recurring, ended);
                await checkpoint.WaitAsync(ended);
            }
        }
        catch (OperationCanceledException)
        {
            // The job has ended.
        }
    }
}
