using System.Text.Json.Nodes;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>A user asks where the ranks of a job are, and is told; without asking, when one of them holds a checkpoint up.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class PlaceStories(House house)
{
    private const string OwnCode = "in the program's own code";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>The calls of the story, in which rank 0 waits for rank 1, which waits for its user.</summary>
    private static readonly string[] s_places =
    [
        "in MPI_Recv on communicator halo", "in MPI_Waitall on MPI_COMM_WORLD", "in MPI_Probe on communicator halo", "in MPI_Ssend on MPI_COMM_WORLD",
        "in MPI_Allreduce on communicator halo", "in MPI_Barrier on communicator 0x", "in MPI_Wait on communicator halo",
    ];

    public static TheoryData<string> Sites() => ["mpich", "openmpi"];

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task The_status_names_call_and_communicator_of_each_rank(string site)
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder);
        await using Job job = Launch(place, site);
        Assert.True(await job.IsUnderWayAsync());
        for (int call = 0; call < s_places.Length; call++)
        {
            await SeenAsync(job, call);
            Free(folder, call);
        }
        await AssertResultAsync(await job.Running);
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task A_checkpoint_that_runs_out_of_time_names_rank_call_and_communicator_and_the_job_goes_on(string site)
    {
        const int collective = 4;
        using Folder folder = new();
        Job.Place place = PlaceIn(folder);
        await using Job job = Launch(place, site);
        Assert.True(await job.IsUnderWayAsync());
        for (int call = 0; call < collective; call++) Free(folder, call);
        await SeenAsync(job, collective);
        Outcome checkpoint = await job.CheckpointAsync("--timeout", "1s");
        Assert.Equal(Job.ManaFailed, checkpoint.ExitCode);
        Assert.Contains("given up after 1 s: rank 1 did not come", checkpoint.Errors, StringComparison.Ordinal);
        Assert.Matches($"rank 1 on .*, {OwnCode}\n", checkpoint.Errors);
        Assert.Matches($"rank 0 on .*, {s_places[collective]}\n", checkpoint.Errors);
        Assert.Empty(place.Committed);
        for (int call = collective; call < s_places.Length; call++) Free(folder, call);
        await AssertResultAsync(await job.Running);
    }

    private Job.Place PlaceIn(Folder folder) => new(house, folder, "held", 2, Stories.Environment);

    private static Job Launch(Job.Place place, string site) =>
        Job.Launch(place, Mpi.Named(site), [House.CheckpointStory("held", Mpi.OpenMpi), "1", "10", "looked-at"], Limit);

    private static void Free(Folder folder, int call) => File.WriteAllText(folder[$"go-{call}"], "");

    private static async Task SeenAsync(Job job, int call)
    {
        string? waiting = null, late = null;
        for (int tries = 0; tries < 60 && !job.Running.IsCompleted; tries++)
        {
            JsonArray? ranks = (await job.StatusAsync("--stacks"))?["ranks"]?.AsArray();
            (waiting, late) = ((string?)ranks?[0]?["where"], (string?)ranks?[1]?["where"]);
            if (waiting?.StartsWith(s_places[call], StringComparison.Ordinal) == true && late == OwnCode) return;
        }
        Assert.Fail($"{s_places[call]} was never seen; last: {waiting}; {late}" + (job.Running.IsCompleted ? "\n" + await job.Running : ""));
    }

    private async Task AssertResultAsync(Outcome end)
    {
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync("held", 2, "1", "10"), end.Output);
    }
}
