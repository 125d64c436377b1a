using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>What happens at one fault point, from the first checkpoint of a job to the native result under the other MPI.</summary>
internal sealed class FaultWalk(House house)
{
    /// <summary>It waits in collectives most of the time, so that a rank is soon found at a gate, and prints at its end only.</summary>
    private const string Story = "skewed";

    /// <summary>Steps: some six seconds.</summary>
    private const string Long = "450";

    /// <summary>A gate is met by chance.</summary>
    internal const int Tries = 12;

    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    public async Task KillRankAsync(FaultPoint point, Mpi site)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, $"dying-{point.Name}-{site}", 2, Stories.Environment), armed = place with { More = point.Armed("kill") };
        Outcome end;
        if (point.IsOfRestart)
        {
            await using (Job job = Launch(place, site)) await StopAsync(job);
            await using Job restarted = Job.Restart(armed, site, place.JobFolder, Limit);
            end = await restarted.Running;
        }
        else
        {
            await using Job job = Launch(armed, site);
            await CheckpointAsync(job);
            for (int tries = 0; tries < Tries && !job.Running.IsCompleted; tries++)
            {
                Outcome last = await job.CheckpointAsync(point.NeedsStop ? ["--stop"] : []);
                if (last.ExitCode != 0 || point.NeedsStop) break;
            }
            end = await job.Running;
        }
        Assert.True(end.Errors.Contains(point.Fired("kill"), StringComparison.Ordinal), $"it was not killed at {point.Name}: {end}");
        if (point.NeedsStop) Assert.True(end is { ExitCode: Job.Stopped, TimedOut: false }, end.ToString());
        else AssertNamed(end);
        await AssertRestartsAsync(place, site);
    }

    public async Task KillLaunchAsync(string point, Mpi site)
    {
        using Folder folder = new();
        Dictionary<string, string?> environment = new(Stories.Environment, StringComparer.Ordinal) { ["MANA_COORDINATOR_FAULT"] = point + ":2" };
        Job.Place place = new(house, folder, $"orphan-{point}-{site}", 2, Stories.Environment), armed = place with { More = environment };
        await using (Job job = Launch(armed, site))
        {
            await CheckpointAsync(job);
            Outcome last = await job.CheckpointAsync();
            Assert.True(last.ExitCode == Job.ManaFailed && last.Errors.Length > 0, last.ToString());
            Outcome end = await job.Running; // until the ranks have closed its standard output
            Assert.True(!end.TimedOut && end.ExitCode is not 0, end.ToString());
            Assert.Equal(await ExpectedAsync(), end.Output);
        }
        Assert.Equal(point == "AfterRename" ? 2 : 1, place.Committed.Count);
        await AssertRestartsAsync(place, site);
    }

    /// <summary>It stands still for longer than ranks wait for a word of its: they run on without it, and it finds that out when it goes on.</summary>
    public async Task StopLaunchAsync(string point, Mpi site, params string[] how)
    {
        using Folder folder = new();
        Dictionary<string, string?> environment = new(Stories.Environment, StringComparer.Ordinal) { ["MANA_COORDINATOR_FAULT"] = point + ":2:stop", ["MANA_SILENCE"] = "8" };
        Job.Place place = new(house, folder, $"deaf-{point}-{site}", 2, Stories.Environment), armed = place with { More = environment };
        await using (Job job = Launch(armed, site))
        {
            await CheckpointAsync(job);
            int pid = await job.PidAsync();
            Task<Outcome> last = job.CheckpointAsync(how);
            await Job.StandsStillAsync(pid);
            await Task.Delay(TimeSpan.FromSeconds(25));
            Assert.False(job.Running.IsCompleted);
            await Job.KillAsync("CONT", pid);
            Assert.Equal(point == "AfterRename" ? 0 : Job.ManaFailed, (await last).ExitCode);
            Outcome end = await job.Running;
            Assert.Contains("nothing was heard of mana during a checkpoint", end.Errors, StringComparison.Ordinal);
            await AssertResultAsync(end);
        }
        Assert.Equal(point == "AfterRename" ? 2 : 1, place.Committed.Count);
        await AssertRestartsAsync(place, site);
    }

    /// <summary>An error at this point ends the checkpoint, or the restart, and nothing else.</summary>
    public async Task FailAsync(FaultPoint point, Mpi site)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, $"failing-{point.Name}-{site}", 2, Stories.Environment), armed = place with { More = point.Armed("fail") };
        if (point.IsOfRestart)
        {
            await using (Job job = Launch(place, site)) await StopAsync(job);
            await using (Job job = Job.Restart(armed, site, place.JobFolder, Limit)) AssertNamed(await job.Running);
        }
        else
        {
            await using Job job = Launch(armed, site);
            await CheckpointAsync(job);
            Outcome failed = await job.CheckpointAsync();
            Assert.True(failed.ExitCode == Job.ManaFailed && failed.Errors.Contains("rank 1", StringComparison.Ordinal), failed.ToString());
            await CheckpointAsync(job);
            Assert.Equal(2, place.Committed.Count);
            await AssertResultAsync(await job.Running);
        }
        await AssertRestartsAsync(place, site);
    }

    /// <summary>A rank that stands still there holds up the checkpoint until its time is over.</summary>
    /// <param name="more">How long it stands still after that.</param>
    public async Task StandStillAsync(FaultPoint point, Mpi site, TimeSpan more = default)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, $"standing-{point.Name}-{site}", 2, point.Armed("stop"));
        await using Job job = Launch(place, site);
        await CheckpointAsync(job);
        Outcome late = await job.CheckpointAsync("--timeout", "2s");
        Assert.True(late.ExitCode == Job.ManaFailed && late.Errors.Contains("rank 1", StringComparison.Ordinal), late.ToString());
        await Task.Delay(more);
        await job.SignalRankAsync(1, "CONT");
        await CheckpointAsync(job);
        await AssertResultAsync(await job.Running);
    }

    internal static Job Launch(Job.Place place, Mpi site) => Job.Launch(place, site, [House.CheckpointStory(Story, Mpi.OpenMpi), Long], Limit, "--keep", "50");

    internal static async Task CheckpointAsync(Job job)
    {
        Assert.True(await job.IsUnderWayAsync(), job.Running.IsCompleted ? (await job.Running).ToString() : "not under way");
        Outcome outcome = await job.CheckpointAsync();
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
    }

    internal static async Task StopAsync(Job job)
    {
        Assert.True(await job.IsUnderWayAsync(), job.Running.IsCompleted ? (await job.Running).ToString() : "not under way");
        Assert.NotNull(await job.StopAsync());
    }

    /// <summary>By mana: the fault says of itself where it is.</summary>
    private static void AssertNamed(Outcome end)
    {
        string said = string.Join('\n', end.Errors.Split('\n').Where(l => !l.Contains("MANA_FAULT", StringComparison.Ordinal)));
        Assert.True(end is { TimedOut: false, ExitCode: not 0 } && !end.Output.Contains("OK ", StringComparison.Ordinal) && said.Contains("rank 1", StringComparison.Ordinal), end.ToString());
    }

    /// <summary>The native result.</summary>
    internal Task<string> ExpectedAsync() => house.NativeStoryAsync(Story, 2, Long);

    private async Task AssertResultAsync(Outcome end)
    {
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await ExpectedAsync(), end.Output);
    }

    /// <summary>The first checkpoint, at the other site.</summary>
    internal async Task AssertRestartsAsync(Job.Place place, Mpi site)
    {
        await using Job again = Job.Restart(place, Mpi.All.First(m => m != site), place.Committed[0], Limit, Job.Hurry);
        await AssertResultAsync(await again.Running);
    }
}
