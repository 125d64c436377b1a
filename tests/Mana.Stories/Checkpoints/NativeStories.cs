using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>What the checkpoint stories are worth: natively they succeed, say the same each time, at any pace, and the same on both MPIs.</summary>
[Collection(InTheHouse.Name)]
public sealed class NativeStories
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Names() => Stories.Names();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_story_ends_the_same_each_time_and_on_both_MPIs(string story)
    {
        string first = await TellAsync(story, Mpi.Mpich, 2, "150", House.FullSpeed);
        Assert.StartsWith($"OK {story} ", first);
        Assert.Equal(first, await TellAsync(story, Mpi.OpenMpi, 2, "150", "5"));
        Assert.Equal(await TellAsync(story, Mpi.OpenMpi, 4, "40"), await TellAsync(story, Mpi.OpenMpi, 4, "40", House.FullSpeed));
    }

    [Fact]
    public void Every_source_in_the_folder_is_a_story_that_is_told()
    {
        IEnumerable<string> sources = Directory.EnumerateFiles(Repository.CheckpointStories).Where(f => Path.GetExtension(f) is ".c" or ".f90");
        IEnumerable<string> told = [.. Stories.All, "away", "elsewhere", "finished", "held", "input", "lacking", "late", "mpisplit", "rawcalls", "unsavable", "variables", "visitors"]; // those that are named by tests of their own
        Assert.Equal(told.Order(StringComparer.Ordinal), sources.Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal));
    }

    internal static async Task<string> TellAsync(string story, Mpi mpi, int ranks, params string[] arguments)
    {
        using Folder folder = new();
        Outcome outcome = await Bounded.RunAsync(
            mpi.Native(ranks, [House.CheckpointStory(story, mpi), .. arguments]), folder.Path, House.NativeEnvironmentIn(folder, Stories.Environment), Limit);
        Assert.True(outcome is { ExitCode: 0, TimedOut: false }, outcome.ToString());
        return outcome.Output;
    }
}
