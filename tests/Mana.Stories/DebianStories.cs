using System.Text.RegularExpressions;
using Mana.Testing;
using Xunit;

namespace Mana.Stories;

/// <summary>Debian's own programs, built for Open MPI by people who never heard of mana, run on both bundles with their native results.</summary>
[Collection(InTheHouse.Name)]
public sealed partial class DebianStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static TheoryData<string, int> Sites() => new() { { "mpich", 2 }, { "openmpi", 2 }, { "openmpi", 4 } };

    [Theory]
    [MemberData(nameof(Sites))]
    public Task LAMMPS_melts_a_crystal(string bundle, int ranks) => SameResultAsync(
        bundle, ranks, [],
        _ => ["lmp", "-in", Path.Combine(Repository.Workloads, "lammps-melt.in"), "-var", "n", "10", "-var", "steps", "500", "-log", "log.lammps"],
        folder => File.ReadAllText(folder["dump.final"])
            + string.Join('\n', File.ReadLines(folder["log.lammps"]).Where(l => ThermoLine().IsMatch(l))));

    [Theory]
    [MemberData(nameof(Sites))]
    public Task Hpcc_passes_all_its_checks(string bundle, int ranks) => SameResultAsync(
        bundle, ranks, [],
        folder =>
        {
            string input = File.ReadAllText(Path.Combine(Repository.Workloads, "hpccinf.txt"));
            File.WriteAllText(folder["hpccinf.txt"], input.Replace("RANKS", ranks.ToString(), StringComparison.Ordinal));
            return ["hpcc"];
        },
        folder => HpccChecks(File.ReadAllLines(folder["hpccoutf.txt"])));

    [Theory]
    [InlineData("mpich", 2, 1)]
    [InlineData("mpich", 2, 2)]
    [InlineData("openmpi", 2, 1)]
    [InlineData("openmpi", 2, 2)]
    public async Task GROMACS_moves_a_box_of_water(string bundle, int ranks, int threads)
    {
        string input = await house.WaterBoxAsync();
        await SameResultAsync(
            bundle, ranks, new() { ["OMP_NUM_THREADS"] = threads.ToString(), ["GMX_MAXBACKUP"] = "-1" },
            _ => ["gmx_mpi", "mdrun", "-s", input, "-reprod", "-ntomp", threads.ToString(), "-pin", "off", "-nsteps", "500", "-dlb", "no", "-notunepme"],
            folder => File.ReadAllText(folder["confout.gro"]));
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public Task Quantum_espresso_finds_the_energy_of_silicon(string bundle, int ranks) => SameResultAsync(
        bundle, ranks, [],
        _ => ["pw.x", "-in", Path.Combine(Repository.Workloads, "silicon.pw.in")],
        folder => string.Join('\n', File.ReadLines(folder["stdout"]).Where(l => l.StartsWith('!') || l.Contains("iteration #", StringComparison.Ordinal))
            .Select(l => EcutField().Replace(l, ""))));

    [Theory]
    [MemberData(nameof(Sites))]
    public Task Python_exchanges_arrays_and_objects_by_mpi4py(string bundle, int ranks) => SameResultAsync(
        bundle, ranks, [],
        _ => ["/usr/bin/python3", Path.Combine(Repository.Workloads, "power_iteration.py"), "200"],
        folder => File.ReadLines(folder["stdout"]).Single(l => l.StartsWith("RESULT", StringComparison.Ordinal)));

    /// <summary>Runs a command natively on Open MPI and under mana, each in an empty folder, and compares what `result` reads there.</summary>
    private async Task SameResultAsync(
        string bundle, int ranks, Dictionary<string, string?> environment, Func<Folder, string[]> prepare, Func<Folder, string> result)
    {
        Dictionary<string, string?> native = new(Mpi.Environment, StringComparer.Ordinal), mana = new(house.Tool.Environment, StringComparer.Ordinal);
        foreach ((string name, string? value) in environment) native[name] = mana[name] = value;
        using Folder nativeFolder = new(), manaFolder = new();
        string expected = await RunAsync(nativeFolder, words => Mpi.OpenMpi.Native(ranks, words), native, prepare, result);
        string got = await RunAsync(manaFolder, words => house.Tool.Launch(Mpi.Named(bundle), ranks, words), mana, prepare, result);
        Assert.NotEqual("", expected.Trim());
        Assert.Equal(expected, got);
    }

    private static async Task<string> RunAsync(
        Folder folder, Func<string[], IReadOnlyList<string>> launch, Dictionary<string, string?> environment, Func<Folder, string[]> prepare, Func<Folder, string> result)
    {
        // Some programs leave temporary folders behind: these go with ours.
        Dictionary<string, string?> confined = new(environment, StringComparer.Ordinal) { ["TMPDIR"] = folder.Path };
        Outcome outcome = await Bounded.RunAsync(launch(prepare(folder)), folder.Path, confined, Limit);
        Assert.True(outcome is { ExitCode: 0, TimedOut: false }, outcome.ToString());
        await File.WriteAllTextAsync(folder["stdout"], outcome.Output);
        return result(folder);
    }

    /// <summary>What hpcc says of correctness; the rest of its report is speed. Residuals of HPL depend on the timing-free solution only.</summary>
    private static string HpccChecks(string[] report)
    {
        Assert.Contains("Success=1", report);
        Assert.DoesNotContain(report, l => l.Contains("FAILED", StringComparison.Ordinal));
        return string.Join('\n', report.Where(l =>
            l.Contains("_Errors", StringComparison.Ordinal) || l.Contains("residual checks", StringComparison.Ordinal)
            || l.StartsWith("Found ", StringComparison.Ordinal) || l.StartsWith("||Ax-b||", StringComparison.Ordinal)
            || l.StartsWith("PTRANS_residual", StringComparison.Ordinal) || l.Contains("CommWorldProcs", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"^\s+\d+(\s+-?\d+(\.\d+)?([eE][+-]\d+)?){4,}\s*$")]
    private static partial Regex ThermoLine();

    /// <summary>The line of an iteration also tells settings; only the count matters.</summary>
    [GeneratedRegex(@"ecut=.*$")]
    private static partial Regex EcutField();
}
