using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>Processes of another job: refused by name while they are connected, and nothing of them is left afterwards.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class VisitorStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Debian's MPICH cannot start processes.</summary>
    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task A_job_that_was_connected_to_another_is_checkpointed_when_it_is_no_more(string abi)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "visitors", 2, Stories.Environment);
        await using Job job = Job.Launch(place, Mpi.OpenMpi, [House.CheckpointStory("visitors", Mpi.Named(abi)), "600"], Limit);
        await job.RequireUnderWayAsync();
        Outcome refused = await job.CheckpointAsync();
        for (int tries = 0; refused.ExitCode == 0 && tries < 50; tries++) refused = await job.CheckpointAsync(); // they have not come yet
        Assert.True(refused.ExitCode == Job.ManaFailed, refused.ToString());
        for (int tries = 0; tries < 3; tries++)
        {
            refused = await job.CheckpointAsync();
            Assert.True(refused.Errors.Contains("processes of another job", StringComparison.Ordinal), refused.ToString());
        }
        await File.WriteAllTextAsync(folder["leave"], "");
        Outcome taken = await job.CheckpointAsync();
        for (int tries = 0; taken.ExitCode != 0 && tries < 50; tries++) taken = await job.CheckpointAsync();
        Assert.True(taken.ExitCode == 0, taken.ToString());
        Assert.NotNull(await job.StopAsync());
        await using Job again = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, Job.Hurry);
        Outcome end = await again.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false } && end.Output.StartsWith("OK visitors ", StringComparison.Ordinal), end.ToString());
    }
}
