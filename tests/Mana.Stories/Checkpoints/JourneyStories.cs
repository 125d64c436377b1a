using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>A program is stopped at random moments and goes on under another MPI, and back again, and its result is that of an uninterrupted run.</summary>
[Collection(InTheHouse.Name)]
public sealed class JourneyStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly (Mpi Home, Mpi Abroad)[] Directions = [(Mpi.OpenMpi, Mpi.Mpich), (Mpi.Mpich, Mpi.OpenMpi)];

    /// <summary>A story built for each MPI starts at home.</summary>
    public static TheoryData<string, string, string> Stories_once_per_direction()
    {
        TheoryData<string, string, string> data = [];
        foreach (string story in Stories.All)
            foreach ((Mpi home, Mpi abroad) in Directions)
                data.Add(story, home.Name, abroad.Name);
        return data;
    }

    /// <summary>Built for either MPI, all pairs, two and four ranks.</summary>
    public static TheoryData<string, string, string, string, int> Whole_matrix()
    {
        TheoryData<string, string, string, string, int> data = [];
        foreach (string story in Stories.All)
            foreach (Mpi builtFor in Mpi.All)
                foreach (Mpi home in Mpi.All)
                    foreach (Mpi abroad in Mpi.All)
                        foreach (int ranks in (int[])[2, 4])
                            data.Add(story, builtFor.Name, home.Name, abroad.Name, ranks);
        return data;
    }

    public static TheoryData<string, string, string> Programs_once_per_direction()
    {
        TheoryData<string, string, string> data = [];
        foreach (string program in Programs)
            foreach ((Mpi home, Mpi abroad) in Directions)
                data.Add(program, home.Name, abroad.Name);
        return data;
    }

    public static TheoryData<string, string, string, int> Programs_everywhere()
    {
        TheoryData<string, string, string, int> data = [];
        foreach (string program in Programs)
            foreach (Mpi home in Mpi.All)
                foreach (Mpi abroad in Mpi.All)
                    foreach (int ranks in (int[])[2, 4])
                        data.Add(program, home.Name, abroad.Name, ranks);
        return data;
    }

    private static readonly string[] Programs = ["lammps", "hpcc", "gromacs", "quantum-espresso", "python"];

    [Theory]
    [Trait(Stories.Part, Stories.Checkpoints)]
    [MemberData(nameof(Stories_once_per_direction))]
    public Task A_story_goes_on_under_the_other_MPI_and_back(string story, string home, string abroad) =>
        TellAsync(story, Mpi.Named(home), Mpi.Named(home), Mpi.Named(abroad), 2);

    [Theory]
    [Trait(Stories.Part, Stories.Matrix)]
    [MemberData(nameof(Whole_matrix))]
    public Task A_story_goes_on_between_any_two_sites(string story, string builtFor, string home, string abroad, int ranks) =>
        TellAsync(story, Mpi.Named(builtFor), Mpi.Named(home), Mpi.Named(abroad), ranks);

    [Theory]
    [Trait(Stories.Part, Stories.Checkpoints)]
    [MemberData(nameof(Programs_once_per_direction))]
    public Task A_program_of_Debian_goes_on_under_the_other_MPI_and_back(string program, string home, string abroad) =>
        RunAsync(program, Mpi.Named(home), Mpi.Named(abroad), 2);

    [Theory]
    [Trait(Stories.Part, Stories.Matrix)]
    [MemberData(nameof(Programs_everywhere))]
    public Task A_program_of_Debian_goes_on_between_any_two_sites(string program, string home, string abroad, int ranks) =>
        RunAsync(program, Mpi.Named(home), Mpi.Named(abroad), ranks);

    /// <summary>Some three seconds: time enough to see that all ranks are there, on a busy machine too.</summary>
    private const string Steps = "300";

    private async Task TellAsync(string story, Mpi builtFor, Mpi home, Mpi abroad, int ranks)
    {
        string expected = await house.NativeStoryAsync(story, ranks, Steps);
        Journey journey = new(house, Journey.ThereAndBack(home, abroad), ranks, Limit, TimeSpan.FromSeconds(1.2));
        using Folder end = await journey.TravelAsync($"{story}-for-{builtFor}-{home}-{abroad}-{ranks}", Stories.Environment, _ => [House.CheckpointStory(story, builtFor), Steps]);
        Assert.Equal(expected, await File.ReadAllTextAsync(end["stdout"]));
    }

    private async Task RunAsync(string program, Mpi home, Mpi abroad, int ranks)
    {
        (Workload workload, double latest) = program switch
        {
            "lammps" => (Workload.Lammps(12, 800), 2.5),
            "hpcc" => (Workload.Hpcc(ranks), 2.5),
            "gromacs" => (Workload.Gromacs(await house.WaterBoxAsync(), 2, 2000), 2.5),
            "quantum-espresso" => (Workload.QuantumEspresso(10), 1.0),
            _ => (Workload.Python(8000), 1.5),
        };
        string expected = await house.NativeResultAsync(workload, ranks);
        Journey journey = new(house, Journey.ThereAndBack(home, abroad), ranks, Limit, TimeSpan.FromSeconds(latest));
        using Folder end = await journey.TravelAsync($"{program}-{home}-{abroad}-{ranks}", workload.Environment, workload.Prepare);
        Assert.Equal(expected, workload.Result(end));
    }
}
