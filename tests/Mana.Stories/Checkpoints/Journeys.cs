using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>Journeys of a story or a program there and back, each compared with an uninterrupted native run.</summary>
internal sealed class Journeys(House house)
{
    /// <summary>Of each leg.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Some eight seconds: time enough to see that all ranks are there, on a slow or busy machine too.</summary>
    private const string Steps = "800";

    /// <summary>Debian's own that run on any machine; <see cref="Gromacs"/> does not.</summary>
    public static readonly IReadOnlyList<string> Programs = ["lammps", "hpcc", "quantum-espresso", "python"];

    /// <summary>See <see cref="GromacsTheoryAttribute"/>.</summary>
    public const string Gromacs = "gromacs";

    public async Task TellAsync(string story, Mpi builtFor, Mpi home, Mpi abroad, int ranks)
    {
        string expected = await house.NativeStoryAsync(story, ranks, Steps);
        Journey journey = new(house, Journey.ThereAndBack(home, abroad), ranks, Limit, TimeSpan.FromSeconds(1.2)) { GoesOnAfterOne = true };
        using Folder end = await journey.TravelAsync($"{story}-for-{builtFor}-{home}-{abroad}-{ranks}", Stories.Environment, _ => [House.CheckpointStory(story, builtFor), Steps]);
        Assert.Equal(expected, await File.ReadAllTextAsync(end["stdout"]));
    }

    public async Task RunAsync(string program, Mpi home, Mpi abroad, int ranks)
    {
        (Workload workload, double latest) = program switch
        {
            "lammps" => (Workload.Lammps(12, 2400), 2.5),
            "hpcc" => (Workload.Hpcc(ranks, 2400), 2.5),
            Gromacs => (Workload.Gromacs(await house.WaterBoxAsync(), 2, 2000), 2.5),
            // MPICH's ranks spin: four of them on two cores take long for what is made of small collectives, natively too (5 ms each, where Open MPI's, which
            // yield, take 0.2), and longer beside other jobs.
            "quantum-espresso" => (Workload.QuantumEspresso(ranks > 2 ? 4 : 10), 1.0),
            _ => ranks > 2 ? (Workload.Python(5000), 1.0) : (Workload.Python(24000), 1.5),
        };
        string expected = await house.NativeResultAsync(workload, ranks);
        Journey journey = new(house, Journey.ThereAndBack(home, abroad), ranks, Limit, TimeSpan.FromSeconds(latest)) { GoesOnAfterOne = true };
        using Folder end = await journey.TravelAsync($"{program}-{home}-{abroad}-{ranks}", workload.Environment, workload.Prepare);
        Assert.Equal(expected, workload.Result(end));
    }
}
