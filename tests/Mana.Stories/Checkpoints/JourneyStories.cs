using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>A program is stopped at random moments and goes on under another MPI, and back again, and its result is that of an uninterrupted run.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class JourneyStories(House house)
{
    private static readonly (Mpi Home, Mpi Abroad)[] Directions = [(Mpi.OpenMpi, Mpi.Mpich), (Mpi.Mpich, Mpi.OpenMpi)];

    /// <summary>Each on one pair, the two directions in turn; the matrix has all of them.</summary>
    public static TheoryData<string, string, string> Stories_on_one_pair()
    {
        TheoryData<string, string, string> data = [];
        foreach ((int i, string story) in Stories.All.Index()) data.Add(story, Directions[i % 2].Home.Name, Directions[i % 2].Abroad.Name);
        return data;
    }

    public static TheoryData<string, string, string> Programs_once_per_direction()
    {
        TheoryData<string, string, string> data = [];
        foreach (string program in Journeys.Programs)
            foreach ((Mpi home, Mpi abroad) in Directions)
                data.Add(program, home.Name, abroad.Name);
        return data;
    }

    public static TheoryData<string, string> Gromacs_once_per_direction()
    {
        TheoryData<string, string> data = [];
        foreach ((Mpi home, Mpi abroad) in Directions) data.Add(home.Name, abroad.Name);
        return data;
    }

    /// <summary>It was built for the MPI on which it begins.</summary>
    [Theory]
    [MemberData(nameof(Stories_on_one_pair))]
    public Task A_story_goes_on_under_the_other_MPI_and_back(string story, string home, string abroad) =>
        new Journeys(house).TellAsync(story, Mpi.Named(home), Mpi.Named(home), Mpi.Named(abroad), 2);

    [Theory]
    [MemberData(nameof(Programs_once_per_direction))]
    public Task A_program_of_Debian_goes_on_under_the_other_MPI_and_back(string program, string home, string abroad) =>
        new Journeys(house).RunAsync(program, Mpi.Named(home), Mpi.Named(abroad), 2);

    [GromacsTheory]
    [MemberData(nameof(Gromacs_once_per_direction))]
    public Task GROMACS_goes_on_under_the_other_MPI_and_back(string home, string abroad) =>
        new Journeys(house).RunAsync(Journeys.Gromacs, Mpi.Named(home), Mpi.Named(abroad), 2);

    /// <summary>Each thread that is made anew has its system calls handed over again.</summary>
    [Theory]
    [InlineData("openmpi", "mpich")]
    [InlineData("mpich", "openmpi")]
    public async Task A_program_with_dispatched_system_calls_goes_on_under_the_other_MPI_and_back(string home, string abroad)
    {
        const string steps = "300";
        string expected = await house.NativeStoryAsync("rawcalls", 2, steps);
        Journey journey = new(house, Journey.ThereAndBack(Mpi.Named(home), Mpi.Named(abroad)), 2, TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(1.2)) { Options = ["--syscalls", "dispatch"] };
        using Folder end = await journey.TravelAsync($"rawcalls-{home}-{abroad}", Stories.Environment, _ => [House.CheckpointStory("rawcalls", Mpi.Named(home)), steps]);
        Assert.Equal(expected, await File.ReadAllTextAsync(end["stdout"]));
    }
}
