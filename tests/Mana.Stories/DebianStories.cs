using Mana.Testing;
using Xunit;

namespace Mana.Stories;

/// <summary>Debian's own programs, built for Open MPI by people who never heard of mana, run on both bundles with their native results.</summary>
[Collection(InTheHouse.Name)]
public sealed class DebianStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static TheoryData<string, int> Sites() => new() { { "mpich", 2 }, { "openmpi", 2 }, { "openmpi", 4 } };

    [Theory]
    [MemberData(nameof(Sites))]
    public Task LAMMPS_melts_a_crystal(string bundle, int ranks) => SameResultAsync(bundle, ranks, Workload.Lammps(10, 500));

    /// <summary>Its random access, in messages of a few words, takes long where ranks share a core.</summary>
    [Theory]
    [MemberData(nameof(Sites))]
    public Task Hpcc_passes_all_its_checks(string bundle, int ranks) => SameResultAsync(bundle, ranks, Workload.Hpcc(ranks, 2000 / ranks));

    [GromacsTheory]
    [InlineData("mpich", 2, 1)]
    [InlineData("mpich", 2, 2)]
    [InlineData("openmpi", 2, 1)]
    [InlineData("openmpi", 2, 2)]
    [InlineData("openmpi", 4, 1)]
    public async Task GROMACS_moves_a_box_of_water(string bundle, int ranks, int threads) =>
        await SameResultAsync(bundle, ranks, Workload.Gromacs(await house.WaterBoxAsync(), threads, 500));

    [Theory]
    [MemberData(nameof(Sites))]
    public Task Quantum_espresso_finds_the_energy_of_silicon(string bundle, int ranks) => SameResultAsync(bundle, ranks, Workload.QuantumEspresso(4));

    [Theory]
    [MemberData(nameof(Sites))]
    public Task Python_exchanges_arrays_and_objects_by_mpi4py(string bundle, int ranks) => SameResultAsync(bundle, ranks, Workload.Python(200));

    /// <summary>Runs a program natively on Open MPI and under mana, each in an empty folder, and compares the results there.</summary>
    private async Task SameResultAsync(string bundle, int ranks, Workload workload)
    {
        string expected = await house.NativeResultAsync(workload, ranks);
        using Folder folder = new();
        Outcome outcome = await Bounded.RunAsync(
            house.Tool.Launch(Mpi.Named(bundle), ranks, workload.Prepare(folder)), folder.Path, house.EnvironmentIn(folder, workload.Environment), Limit);
        Assert.True(outcome is { ExitCode: 0, TimedOut: false }, outcome.ToString());
        await File.WriteAllTextAsync(folder["stdout"], outcome.Output);
        Assert.Equal(expected, workload.Result(folder));
    }
}
