using System.Text.RegularExpressions;
using Mana.Testing;

namespace Mana.Stories;

/// <summary>One of Debian's own programs with its input, and what of its output is a result.</summary>
/// <param name="Name">For a person.</param>
/// <param name="Environment">What it wants beside the usual.</param>
/// <param name="Prepare">Lays its input into an empty folder, where it will run; its words.</param>
/// <param name="Result">Read where it has run, standard output in the file `stdout`; equal for every run with as many ranks.</param>
public sealed partial record Workload(
    string Name, IReadOnlyDictionary<string, string?> Environment, Func<Folder, IReadOnlyList<string>> Prepare, Func<Folder, string> Result)
{
    private static readonly IReadOnlyDictionary<string, string?> Nothing = new Dictionary<string, string?>(StringComparer.Ordinal);

    public static Workload Lammps(int size, int steps) => new(
        "lammps", Nothing,
        _ => ["lmp", "-in", Path.Combine(Repository.Workloads, "lammps-melt.in"), "-var", "n", size.ToString(), "-var", "steps", steps.ToString(), "-log", "log.lammps"],
        folder => File.ReadAllText(folder["dump.final"])
            + string.Join('\n', File.ReadLines(folder["log.lammps"]).Where(l => ThermoLine().IsMatch(l))));

    /// <param name="size">Of its matrices, in each direction; it chooses the sizes of all else by the memory that these take.</param>
    public static Workload Hpcc(int ranks, int size) => new(
        "hpcc", Nothing,
        folder =>
        {
            string input = File.ReadAllText(Path.Combine(Repository.Workloads, "hpccinf.txt"));
            File.WriteAllText(
                folder["hpccinf.txt"], input.Replace("RANKS", ranks.ToString(), StringComparison.Ordinal).Replace("SIZE", size.ToString(), StringComparison.Ordinal));
            return ["hpcc"];
        },
        folder => HpccChecks(File.ReadAllLines(folder["hpccoutf.txt"])));

    /// <param name="input">Made by <see cref="House.WaterBoxAsync"/>.</param>
    public static Workload Gromacs(string input, int threads, int steps) => new(
        "gromacs", new Dictionary<string, string?>(StringComparer.Ordinal) { ["OMP_NUM_THREADS"] = threads.ToString(), ["OMP_WAIT_POLICY"] = "passive", ["GMX_MAXBACKUP"] = "-1" },
        _ => ["gmx_mpi", "mdrun", "-s", input, "-reprod", "-ntomp", threads.ToString(), "-pin", "off", "-nsteps", steps.ToString(), "-dlb", "no", "-notunepme"],
        folder => File.ReadAllText(folder["confout.gro"]));

    /// <param name="grid">Points of the k grid in each direction; time grows with its third power.</param>
    public static Workload QuantumEspresso(int grid) => new(
        "quantum-espresso", Nothing,
        folder =>
        {
            string input = File.ReadAllText(Path.Combine(Repository.Workloads, "silicon.pw.in"));
            File.WriteAllText(folder["silicon.pw.in"], input.Replace("GRID", grid.ToString(), StringComparison.Ordinal));
            return ["pw.x", "-in", "silicon.pw.in"];
        },
        folder => string.Join('\n', File.ReadLines(folder["stdout"]).Where(l => l.StartsWith('!') || l.Contains("iteration #", StringComparison.Ordinal))
            .Select(l => EcutField().Replace(l, ""))));

    public static Workload Python(int steps) => new(
        "python", Nothing,
        _ => ["/usr/bin/python3", Path.Combine(Repository.Workloads, "power_iteration.py"), steps.ToString()],
        folder => File.ReadLines(folder["stdout"]).Single(l => l.StartsWith("RESULT", StringComparison.Ordinal)));

    /// <summary>What hpcc says of correctness; the rest of its report is speed. Residuals of HPL depend on the timing-free solution only.</summary>
    private static string HpccChecks(string[] report)
    {
        if (!report.Contains("Success=1") || report.Any(l => l.Contains("FAILED", StringComparison.Ordinal)))
            throw new InvalidOperationException("hpcc failed:\n" + string.Join('\n', report));
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
