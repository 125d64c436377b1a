using System.Globalization;
using Mana.Bench;
using Mana.Testing;

// `make bench`: native and mana in turns, a table of ratios, and the same as JSON with every single value.
// Arguments: names of groups, to measure only those (make bench ONLY="latency coordinator").
if (args is ["--agents", string jobFile, string count])
{
    await PlayedAgents.RunAsync(jobFile, int.Parse(count, CultureInfo.InvariantCulture));
    return 0;
}

Dictionary<string, Group> groups = new(StringComparer.Ordinal)
{
    ["calls"] = Group.On(Mpi.All, Benchmarks.CallsAsync),
    ["latency"] = Group.On(Mpi.All, Benchmarks.LatencyAsync),
    ["crossing"] = Group.On(Mpi.All, CrossingBench.RunAsync),
    ["start"] = Group.On(Mpi.All, Benchmarks.StartAsync),
    ["melt"] = Group.On([Mpi.OpenMpi], Benchmarks.MeltAsync),
    ["hpcc"] = Group.On([Mpi.OpenMpi], Benchmarks.HpccAsync),
    ["quiesce"] = Group.On(Mpi.All, CheckpointBench.QuiesceAsync),
    ["rebuild"] = Group.On(Mpi.All, CheckpointBench.RebuildAsync),
    ["coordinator"] = new Group(_ => CoordinatorBench.RunAsync(), NeedsTool: false),
    ["image"] = Group.On([Mpi.OpenMpi], ImageBenchmark.MeasureAsync),
};
if (args.FirstOrDefault(a => !groups.ContainsKey(a)) is { } unknown)
{
    Console.Error.WriteLine($"no such group: {unknown}; there are: {string.Join(", ", groups.Keys)}");
    return 2;
}

KeyValuePair<string, Group>[] wanted = [.. groups.Where(g => args.Length == 0 || args.Contains(g.Key))];
using InstalledTool? tool = wanted.Any(g => g.Value.NeedsTool) ? await InstalledTool.InstallAsync(Console.WriteLine) : null;
if (tool is not null)
    foreach (Mpi mpi in Mpi.All)
    {
        Outcome made = await Bounded.RunAsync(["make", "-s", "-C", "bench/programs", "MPI=" + mpi.Name], Repository.Root, Mpi.Environment, TimeSpan.FromMinutes(2));
        if (made.ExitCode != 0) throw new InvalidOperationException(made.ToString());
    }
List<Measure> measures = [];
foreach ((string name, Group group) in wanted)
{
    Console.WriteLine($"measuring {name}");
    measures.AddRange(await group.Run(tool!));
}
Table.Print(measures);
Table.Write(measures, Path.Combine(Repository.Packages, "bench.json"));
return measures.TrueForAll(m => m.Holds is not false) ? 0 : 1;
