using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>
/// A rank, or mana launch, is killed at each stage of the second checkpoint, or of a restart: its user is told which rank it was, and the first checkpoint goes on to the
/// native result. A rank that only stops, or fails, costs the checkpoint and nothing else.
/// </summary>
[Collection(InTheHouse.Name)]
public sealed class FaultStories(House house)
{
    /// <summary>It waits in collectives most of the time, so that a rank is soon found at a gate, and prints at its end only.</summary>
    private const string Story = "skewed";

    /// <summary>Steps: some six seconds.</summary>
    private const string Long = "450";

    /// <summary>A gate is met by chance.</summary>
    private const int Tries = 12;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    /// <summary>A sample that takes two minutes: every third point, the sites taking turns.</summary>
    public static TheoryData<string, string> Some_points() => InTurn([.. FaultPoint.All.Where((_, i) => i % 3 == 0).Select(p => p.Name)]);

    public static TheoryData<string, string> All_points() => Everywhere([.. FaultPoint.All.Select(p => p.Name)]);

    public static TheoryData<string, string> Some_points_of_the_coordinator() => InTurn([.. FaultPoint.OfCoordinator.Where((_, i) => i % 2 == 1)]);

    public static TheoryData<string, string> All_points_of_the_coordinator() => Everywhere(FaultPoint.OfCoordinator);

    public static TheoryData<string, string> All_that_can_fail() => InTurn([.. FaultPoint.All.Where(p => p.Fails).Select(p => p.Name)]);

    public static TheoryData<string, string> Some_to_stop_at() => InTurn(["INTENT_RECEIVED", "HALF_WRITTEN"]);

    [Theory]
    [Trait(Stories.Part, Stories.Faults)]
    [MemberData(nameof(Some_points))]
    public Task A_rank_is_killed(string point, string site) => KillRankAsync(FaultPoint.Named(point), Mpi.Named(site));

    [Theory]
    [Trait(Stories.Part, Stories.Matrix)]
    [MemberData(nameof(All_points))]
    public Task A_rank_is_killed_at_any_stage(string point, string site) => KillRankAsync(FaultPoint.Named(point), Mpi.Named(site));

    [Theory]
    [Trait(Stories.Part, Stories.Faults)]
    [MemberData(nameof(Some_points_of_the_coordinator))]
    public Task Mana_launch_is_killed_and_the_job_runs_on(string point, string site) => KillLaunchAsync(point, Mpi.Named(site));

    [Theory]
    [Trait(Stories.Part, Stories.Matrix)]
    [MemberData(nameof(All_points_of_the_coordinator))]
    public Task Mana_launch_is_killed_at_any_stage_and_the_job_runs_on(string point, string site) => KillLaunchAsync(point, Mpi.Named(site));

    [Theory]
    [Trait(Stories.Part, Stories.Matrix)]
    [MemberData(nameof(All_that_can_fail))]
    public async Task A_stage_that_fails_costs_the_checkpoint_only(string name, string site)
    {
        FaultPoint point = FaultPoint.Named(name);
        using Folder folder = new();
        Job.Place place = new(house, folder, "failing", 2, Stories.Environment), armed = place with { More = point.Armed("fail") };
        if (point.IsOfRestart)
        {
            await using (Job job = Launch(place, Mpi.Named(site))) await StopAsync(job);
            await using (Job job = Job.Restart(armed, Mpi.Named(site), place.JobFolder, Limit)) AssertNamed(await job.Running);
        }
        else
        {
            await using Job job = Launch(armed, Mpi.Named(site));
            await CheckpointAsync(job);
            Outcome failed = await job.CheckpointAsync();
            Assert.True(failed.ExitCode == Job.ManaFailed && failed.Errors.Contains("rank 1", StringComparison.Ordinal), failed.ToString());
            await CheckpointAsync(job);
            Assert.Equal(2, place.Committed.Count);
            await AssertResultAsync(await job.Running);
        }
        await AssertRestartsAsync(place, Mpi.Named(site));
    }

    [Theory]
    [Trait(Stories.Part, Stories.Faults)]
    [MemberData(nameof(Some_to_stop_at))]
    public async Task A_rank_that_does_not_answer_costs_the_checkpoint_only(string name, string site)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, $"standing-{name}-{site}", 2, FaultPoint.Named(name).Armed("stop"));
        await using Job job = Launch(place, Mpi.Named(site));
        await CheckpointAsync(job);
        Outcome late = await job.CheckpointAsync("--timeout", "2s");
        Assert.True(late.ExitCode == Job.ManaFailed && late.Errors.Contains("rank 1", StringComparison.Ordinal), late.ToString());
        await job.SignalRankAsync(1, "CONT");
        await CheckpointAsync(job);
        await AssertResultAsync(await job.Running);
    }

    private async Task KillRankAsync(FaultPoint point, Mpi site)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "dying", 2, Stories.Environment), armed = place with { More = point.Armed("kill") };
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
        if (point.NeedsStop) Assert.True(end is { ExitCode: Job.Stopped, TimedOut: false }, end.ToString());
        else AssertNamed(end);
        await AssertRestartsAsync(place, site);
    }

    private async Task KillLaunchAsync(string point, Mpi site)
    {
        using Folder folder = new();
        Dictionary<string, string?> environment = new(Stories.Environment, StringComparer.Ordinal) { ["MANA_COORDINATOR_FAULT"] = point + ":2" };
        Job.Place place = new(house, folder, "orphan", 2, Stories.Environment), armed = place with { More = environment };
        await using (Job job = Launch(armed, site))
        {
            await CheckpointAsync(job);
            Outcome last = await job.CheckpointAsync();
            Assert.True(last.ExitCode == Job.ManaFailed && last.Errors.Length > 0, last.ToString());
            Outcome end = await job.Running; // until the ranks have closed its standard output
            Assert.True(!end.TimedOut && end.ExitCode is not 0, end.ToString());
            Assert.Equal(await house.NativeStoryAsync(Story, 2, Long), end.Output);
        }
        Assert.Equal(point == "AfterRename" ? 2 : 1, place.Committed.Count);
        await AssertRestartsAsync(place, site);
    }

    private static TheoryData<string, string> InTurn(IReadOnlyList<string> points)
    {
        TheoryData<string, string> data = [];
        for (int i = 0; i < points.Count; i++) data.Add(points[i], Mpi.All[i % Mpi.All.Count].Name);
        return data;
    }

    private static TheoryData<string, string> Everywhere(IReadOnlyList<string> points)
    {
        TheoryData<string, string> data = [];
        foreach (string point in points)
            foreach (Mpi site in Mpi.All)
                data.Add(point, site.Name);
        return data;
    }

    private static Job Launch(Job.Place place, Mpi site) => Job.Launch(place, site, [House.CheckpointStory(Story, Mpi.OpenMpi), Long], Limit, "--keep", "50");

    private static async Task CheckpointAsync(Job job)
    {
        Assert.True(await job.IsUnderWayAsync(), job.Running.IsCompleted ? (await job.Running).ToString() : "not under way");
        Outcome outcome = await job.CheckpointAsync();
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
    }

    private static async Task StopAsync(Job job)
    {
        Assert.True(await job.IsUnderWayAsync(), job.Running.IsCompleted ? (await job.Running).ToString() : "not under way");
        Assert.NotNull(await job.StopAsync());
    }

    private static void AssertNamed(Outcome end) =>
        Assert.True(end is { TimedOut: false, ExitCode: not 0 } && !end.Output.Contains("OK ", StringComparison.Ordinal) && end.Errors.Contains("rank 1", StringComparison.Ordinal), end.ToString());

    private async Task AssertResultAsync(Outcome end)
    {
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Long), end.Output);
    }

    /// <summary>The first checkpoint, at the other site.</summary>
    private async Task AssertRestartsAsync(Job.Place place, Mpi site)
    {
        await using Job again = Job.Restart(place, Mpi.All.First(m => m != site), place.Committed[0], Limit);
        await AssertResultAsync(await again.Running);
    }
}
