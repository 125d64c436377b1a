using System.Globalization;
using Mana.Testing;

namespace Mana.Bench;

/// <summary>What is measured, and what is promised of it.</summary>
internal static class Benchmarks
{
    /// <summary>A machine may have several speeds and change between them from process to process (a virtual one above all), so what takes
    /// a second is run in many turns.</summary>
    private const int Turns = 15, StartTurns = 7, LongTurns = 10;

    /// <summary>Calls that need no communication: answered without a crossing.</summary>
    public static async Task<IEnumerable<Measure>> CallsAsync(Runs runs) =>
        Measures(runs, "ns", _ => Promise.AtMost(6, "ns"), await runs.InTurnsAsync(Turns, 1, _ => [Program(runs.Mpi, "calls")], Runs.Lines));

    public static async Task<IEnumerable<Measure>> LatencyAsync(Runs runs) =>
        Measures(runs, "us", name => Promise.TimesNative(name == "ping-pong-65536" ? 1.03 : 1.25),
            await runs.InTurnsAsync(Turns, 2, _ => [Program(runs.Mpi, "latency")], Runs.Lines));

    public static async Task<IEnumerable<Measure>> StartAsync(Runs runs) =>
        Measures(runs, "s", _ => Promise.Adds(0.6, "s"),
            await runs.InTurnsAsync(
                StartTurns, 2, _ => [Program(runs.Mpi, "startup")], (_, outcome) => [("job-start-and-end", outcome.Duration.TotalSeconds)]));

    /// <summary>Debian's LAMMPS is linked with Open MPI: only there can it be compared with itself.</summary>
    public static async Task<IEnumerable<Measure>> MeltAsync(Runs runs) =>
        Measures(runs, "s", _ => Promise.BestRuns(1.01), await runs.InTurnsAsync(
            LongTurns, 2,
            _ => ["lmp", "-in", Path.Combine(Repository.Workloads, "lammps-melt.in"), "-var", "n", "20", "-var", "steps", "300", "-log", "log.lammps", "-screen", "none"],
            (folder, _) => [("lammps-melt", LoopTime(folder["log.lammps"]))]));

    public static async Task<IEnumerable<Measure>> HpccAsync(Runs runs) =>
        Measures(runs, "", name => name == "hpcc-MPIRandomAccess-GUPs" ? Promise.ShareOfNative(0.8) : Promise.BestRuns(1.01), await runs.InTurnsAsync(
            LongTurns,
            2,
            folder =>
            {
                string input = File.ReadAllText(Path.Combine(Repository.Workloads, "hpccinf.txt"));
                File.WriteAllText(folder["hpccinf.txt"], input.Replace("RANKS", "2", StringComparison.Ordinal).Replace("SIZE", "2000", StringComparison.Ordinal));
                return ["hpcc"];
            },
            (folder, _) =>
            [
                ("hpcc-HPL-seconds", Field(folder["hpccoutf.txt"], "HPL_time=")),
                ("hpcc-MPIRandomAccess-GUPs", Field(folder["hpccoutf.txt"], "MPIRandomAccess_GUPs=")),
            ]));

    private static IEnumerable<Measure> Measures(
        Runs runs, string unit, Func<string, Promise> promise, IReadOnlyDictionary<string, (List<double> Native, List<double> Mana)> values) =>
        values.Select(v => new Measure(runs.Mpi, v.Key, unit, promise(v.Key), v.Value.Native, v.Value.Mana));

    public static string Program(string mpi, string name) => Path.Combine(Repository.Root, "build", "bench", mpi, name);

    private static double LoopTime(string log) =>
        double.Parse(File.ReadLines(log).Single(l => l.StartsWith("Loop time of ", StringComparison.Ordinal)).Split(' ')[3], CultureInfo.InvariantCulture);

    private static double Field(string report, string key) =>
        double.Parse(File.ReadLines(report).Single(l => l.StartsWith(key, StringComparison.Ordinal))[key.Length..], CultureInfo.InvariantCulture);
}
