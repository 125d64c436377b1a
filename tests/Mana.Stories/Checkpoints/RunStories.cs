using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>Several runs of one job: none is restarted beside itself, and none loses its checkpoints to another.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class RunStories(House house)
{
    private const string Steps = "300", Long = "1000";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Its files would be cut back under it; also when mana was killed and the ranks run on.</summary>
    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task A_job_is_not_restarted_while_it_runs(string site)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "living", 2, Stories.Environment);
        await using Job job = Job.Launch(place, Mpi.Named(site), [House.CheckpointStory("files", Mpi.OpenMpi), Long], Limit);
        await job.RequireUnderWayAsync();
        Outcome checkpoint = await job.CheckpointAsync();
        Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
        await AssertRefusedAsync("mana checkpoint living --stop");
        (LiveProcess mana, IReadOnlyList<LiveProcess> ranks) = await job.ProcessesAsync();
        await mana.SignalAsync("KILL");
        await AssertRefusedAsync("mana was killed");
        foreach (LiveProcess rank in ranks) await rank.AssertEndsAsync();
        Assert.Equal(await house.NativeStoryAsync("files", 2, Long), (await job.Running).Output);

        async Task AssertRefusedAsync(string why)
        {
            foreach (string[] options in (string[][])[[], ["--job", "beside"]])
            {
                Outcome refused = await job.ManaAsync(["restart", .. options, place.JobFolder]);
                Assert.True(refused.ExitCode == Job.ManaFailed && refused.Errors.Contains("still runs", StringComparison.Ordinal) && refused.Errors.Contains(why, StringComparison.Ordinal), refused.ToString());
            }
        }
    }

    [Fact]
    public async Task A_run_does_not_remove_the_checkpoints_of_another()
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "runs", 2, Stories.Environment), aside = place with { Name = "runs-1" };
        string first = (await StopAsync(Launch())).Output;
        Directory.Move(place.JobFolder, aside.JobFolder);
        await StopAsync(Launch());
        Outcome third = await StopAsync(Launch());
        Assert.Contains("has checkpoints of an earlier run, up to 1", third.Errors, StringComparison.Ordinal);
        Assert.Equal(["epoch-0001", "epoch-0002"], place.Committed.Select(Path.GetFileName));
        // What was put aside goes on where it is; the checkpoint that a job was restarted from stays while it runs.
        first += (await StopAsync(Job.Restart(aside, Mpi.Mpich, aside.JobFolder, Limit, "--keep", "1"))).Output;
        Assert.Equal(["epoch-0001", "epoch-0002"], aside.Committed.Select(Path.GetFileName));
        Assert.Equal(2, place.Committed.Count);
        await using Job last = Job.Restart(aside, Mpi.OpenMpi, aside.JobFolder, Limit, Job.Hurry);
        Outcome end = await last.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync("inflight", 2, Steps), first + end.Output);

        Job Launch() => Job.Launch(place, Mpi.OpenMpi, [House.CheckpointStory("inflight", Mpi.OpenMpi), Steps], Limit, "--keep", "1");
    }

    private static async Task<Outcome> StopAsync(Job job)
    {
        await using (job)
        {
            await job.RequireUnderWayAsync();
            Outcome? stopped = await job.StopAsync();
            Assert.NotNull(stopped);
            return stopped;
        }
    }
}
