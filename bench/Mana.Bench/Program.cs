using System.Text.Json;
using Mana.Bench;
using Mana.Testing;

// `make bench`: native and mana in turns, a table of ratios, and the same as JSON with every single value.
// Arguments: names of groups (calls, latency, start, melt, hpcc, image), to measure only those.
Dictionary<string, (Mpi[] On, Func<Runs, Task<IEnumerable<Measure>>> Run)> groups = new(StringComparer.Ordinal)
{
    ["calls"] = ([.. Mpi.All], Benchmarks.CallsAsync),
    ["latency"] = ([.. Mpi.All], Benchmarks.LatencyAsync),
    ["start"] = ([.. Mpi.All], Benchmarks.StartAsync),
    ["melt"] = ([Mpi.OpenMpi], Benchmarks.MeltAsync),
    ["hpcc"] = ([Mpi.OpenMpi], Benchmarks.HpccAsync),
    ["image"] = ([Mpi.OpenMpi], ImageBenchmark.MeasureAsync),
};
if (args.FirstOrDefault(a => !groups.ContainsKey(a)) is { } unknown)
{
    Console.Error.WriteLine($"no such group: {unknown}; there are: {string.Join(", ", groups.Keys)}");
    return 2;
}

foreach (Mpi mpi in Mpi.All)
{
    Outcome made = await Bounded.RunAsync(
        ["make", "-s", "-C", "bench/programs", "MPI=" + mpi.Name], Repository.Root, Mpi.Environment, TimeSpan.FromMinutes(2));
    if (made.ExitCode != 0) throw new InvalidOperationException(made.ToString());
}
using InstalledTool tool = await InstalledTool.InstallAsync(Console.WriteLine);
List<Measure> measures = [];
foreach ((string name, (Mpi[] on, Func<Runs, Task<IEnumerable<Measure>>> run)) in groups.Where(g => args.Length == 0 || args.Contains(g.Key)))
    foreach (Mpi mpi in on)
    {
        Console.WriteLine($"measuring {name} on {mpi}");
        measures.AddRange(await run(new Runs(tool, mpi)));
    }

Console.WriteLine($"\n{"measure",-28}{"MPI",-9}{"native",10}{"mana",10} {"",-3}{"ratio",8}{"best",8}{"spread",8}  promise");
foreach (Measure m in measures)
    Console.WriteLine(
        $"{m.Name,-28}{m.Mpi,-9}{m.NativeMedian,10:0.###}{m.ManaMedian,10:0.###} {m.Unit,-3}{m.Ratio,8:0.000}{m.BestRatio,8:0.000}{m.NativeSpread,8:0%}"
        + $"  {m.Promise.Text,-36} {(m.Holds ? "holds" : "BROKEN")}");
string file = Path.Combine(Repository.Root, "artifacts", "bench.json");
Directory.CreateDirectory(Path.GetDirectoryName(file)!);
await File.WriteAllTextAsync(file, JsonSerializer.Serialize(
    measures.Select(m => new
    {
        m.Mpi,
        m.Name,
        m.Unit,
        m.Native,
        m.Mana,
        m.NativeMedian,
        m.ManaMedian,
        m.Ratio,
        m.BestRatio,
        m.NativeSpread,
        Promise = m.Promise.Text,
        m.Holds,
    }),
    JsonSerializerOptions.Web));
Console.WriteLine($"""

    native, mana and ratio are medians; best: the ratio of the best runs; spread: the middle half of the native runs, in percent of their median.
    Every value is in {file}
    """);
return measures.TrueForAll(m => m.Holds) ? 0 : 1;
