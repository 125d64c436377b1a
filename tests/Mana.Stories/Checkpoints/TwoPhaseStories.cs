using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>--collectives=two-phase: dearer before every collective, and never held up by a rank that comes late.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class TwoPhaseStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static TheoryData<string, string> Directions() => new() { { "openmpi", "mpich" }, { "mpich", "openmpi" } };

    /// <summary>The clock alone would have to wait for twelve seconds, until the last rank is in the collective, too.</summary>
    [Theory]
    [MemberData(nameof(Directions))]
    public async Task A_rank_that_comes_late_to_a_collective_does_not_hold_up_a_checkpoint(string from, string to)
    {
        const string steps = "40";
        using Folder folder = new();
        Job.Place place = new(house, folder, "late", 2, Stories.Environment);
        await using Job job = Job.Launch(place, Mpi.Named(from), [House.CheckpointStory("late", Mpi.OpenMpi), steps], Limit, "--collectives", "two-phase");
        Assert.True(await job.IsUnderWayAsync());
        await Task.Delay(TimeSpan.FromSeconds(1));
        Outcome checkpoint = await job.CheckpointAsync("--stop", "--timeout", "6s");
        Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
        Outcome stopped = await job.Running;
        Assert.True(stopped.ExitCode == Job.Stopped && stopped.Output.Length == 0, stopped.ToString());
        await using Job restarted = Job.Restart(place, Mpi.Named(to), place.JobFolder, Limit, Job.Hurry);
        Outcome end = await restarted.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync("late", 2, steps), end.Output);
    }

    /// <summary>It keeps no clocks, so that nobody would open a gate; whoever asks for a checkpoint is told why there is none.</summary>
    [Theory]
    [InlineData("openmpi", "two-phase")]
    [InlineData("mpich", "clock")]
    public async Task A_program_that_initializes_MPI_in_another_thread_runs_to_its_end(string site, string collectives)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "elsewhere", 2, Stories.Environment);
        await using Job job = Job.Launch(place, Mpi.Named(site), [House.CheckpointStory("elsewhere", Mpi.Named(site)), "6000"], Limit, "--collectives", collectives);
        for (int i = 0; i < 2; i++)
        {
            await job.RequireUnderWayAsync();
            Outcome refused = await job.CheckpointAsync();
            Assert.True(refused.ExitCode == Job.ManaFailed && refused.Errors.Contains("cannot be checkpointed: MPI was initialized by another thread than the main one", StringComparison.Ordinal), refused.ToString());
        }
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false, Output: "OK elsewhere 1\n" }, end.ToString());
        Assert.Contains("no checkpoint of this job can be taken", end.Errors, StringComparison.Ordinal);
    }

    /// <summary>Collectives of all kinds, overlapping communicators, and the strategy is remembered by the checkpoint.</summary>
    [Theory]
    [InlineData("skewed", "openmpi", "mpich", 2)]
    [InlineData("skewed", "mpich", "openmpi", 2)]
    [InlineData("constructors", "openmpi", "mpich", 2)]
    [InlineData("multiple", "mpich", "openmpi", 2)]
    [InlineData("nonblocking", "openmpi", "mpich", 2)]
    [InlineData("skewed", "openmpi", "openmpi", 4)]
    [InlineData("finishing", "openmpi", "openmpi", 4)]
    public async Task A_story_goes_on_under_the_other_MPI_and_back(string story, string home, string abroad, int ranks)
    {
        const string steps = "800";
        string expected = await house.NativeStoryAsync(story, ranks, steps);
        Journey journey = new(house, Journey.ThereAndBack(Mpi.Named(home), Mpi.Named(abroad)), ranks, Limit, TimeSpan.FromSeconds(1.2)) { Options = ["--collectives", "two-phase"] };
        using Folder end = await journey.TravelAsync($"two-phase-{story}-{home}-{abroad}-{ranks}", Stories.Environment, _ => [House.CheckpointStory(story, Mpi.Named(home)), steps]);
        Assert.Equal(expected, await File.ReadAllTextAsync(end["stdout"]));
    }
}
