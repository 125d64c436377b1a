using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mana.Check;
using Mana.Testing;

// Runs everything that `make test` promises, two parts at a time, for most tests wait more than they work; and sums it up in one last line.
// Arguments: names of parts, to run only those, one after the other.
IReadOnlyList<Part> parts =
[
    // What ends at once comes first, then the longest.
    new FormatPart("clang-format", "the C sources are formatted; clang-format -i mends them", () =>
        ["clang-format", "--dry-run", "--Werror", .. CSources.All()]),
    new TestProjectPart("Mana.Api.Tests"),
    new TestProjectPart("Mana.Stories", "checkpoints", "Part=checkpoints"),
    new TestProjectPart("Mana.Stories", filter: "Part!=checkpoints&Part!=matrix&Part!=faults&Part!=soak&Part!=short-soak"),
    new TestProjectPart("Mana.Stories", "faults", "Part=faults"),
    new SuitePart("mpich-suite-sample"),
    new TestProjectPart("Mana.Tests"),
    new TestProjectPart("Mana.Native.Tests"),
    new SoakPart("short-soak", always: true),
    new FormatPart("dotnet-format", "the C# sources are formatted; dotnet format mends them", () =>
        ["dotnet", "format", "Mana.sln", "--verify-no-changes", "--no-restore"]),
    new SoakPart("soak", always: false),
    new MatrixPart("matrix"),
];
string[] unknown = [.. args.Where(a => parts.All(p => p.Name != a))];
if (unknown.Length > 0)
{
    Console.Error.WriteLine($"no such part: {string.Join(", ", unknown)}. There are: {string.Join(", ", parts.Select(p => p.Name))}");
    return 2;
}

using Folder temporary = new(); // of everything, so that nothing is left, whatever becomes of a part
Environment.SetEnvironmentVariable("TMPDIR", temporary.Path);
ConcurrentQueue<Part> queue = new(parts.Where(p => args.Length > 0 ? args.Contains(p.Name) : p.Always));
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using InstalledTool? tool = await PrepareAsync();
Counts[] rows = await Task.WhenAll(Enumerable.Range(0, args.Length > 0 ? 1 : 2).Select(_ => RunAsync(queue)));
Counts sum = rows.Aggregate((a, b) => a + b);
if (sum.Skipped > 0) Console.WriteLine($"{sum.Skipped} skipped, named above with the reason");
Console.WriteLine(sum);
return sum is { Failed: 0, Passed: > 0 } ? 0 : 1;

// What runs fails for it; the sum is told all the same, and nothing is left behind.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    queue.Clear();
    Bounded.SweepAll();
}

static async Task<Counts> RunAsync(ConcurrentQueue<Part> queue)
{
    Counts sum = new(0, 0, 0);
    while (queue.TryDequeue(out Part? part))
    {
        Console.WriteLine($"{DateTime.Now:HH:mm:ss} {part.Name} begins");
        Stopwatch watch = Stopwatch.StartNew();
        Counts counts = await part.RunAsync();
        Console.WriteLine(string.Join('\n', [$"== {part.Name}", .. part.Said, $"   {part.Name}: {counts} in {watch.Elapsed.TotalSeconds:0} s"]));
        sum += counts;
    }
    return sum;
}

// One tool and its bundles for all parts. What does not work here fails again where it is tested, with more to say.
static async Task<InstalledTool?> PrepareAsync()
{
    try
    {
        InstalledTool tool = await InstalledTool.InstallAsync(Console.WriteLine);
        tool.OfferToChildren();
        return tool;
    }
    catch (InvalidOperationException e)
    {
        Console.WriteLine(e.Message);
        return null;
    }
}
