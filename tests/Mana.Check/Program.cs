using System.Diagnostics;
using Mana.Check;

// Runs everything that `make test` promises, in two rows beside each other, for most tests wait more than they work; and sums it up in one last line.
// Arguments: names of parts, to run only those, one after the other.
IReadOnlyList<Part> first =
[
    new FormatPart("clang-format", "the C sources are formatted; clang-format -i mends them", () =>
        ["clang-format", "--dry-run", "--Werror", .. CSources.All()]),
    new FormatPart("dotnet-format", "the C# sources are formatted; dotnet format mends them", () =>
        ["dotnet", "format", "Mana.sln", "--verify-no-changes", "--no-restore"]),
    new TestProjectPart("Mana.Api.Tests"),
    new TestProjectPart("Mana.Native.Tests"),
    new TestProjectPart("Mana.Tests"),
    new TestProjectPart("Mana.Stories", filter: "Part!=checkpoints&Part!=matrix&Part!=faults&Part!=soak&Part!=short-soak"),
    new SuitePart("mpich-suite-sample"),
];
IReadOnlyList<Part> second =
[
    new TestProjectPart("Mana.Stories", "checkpoints", "Part=checkpoints"),
    new TestProjectPart("Mana.Stories", "faults", "Part=faults"),
    new SoakPart("short-soak", always: true),
    new SoakPart("soak", always: false),
    new MatrixPart("matrix"),
];
Part[] parts = [.. first, .. second];
string[] unknown = [.. args.Where(a => parts.All(p => p.Name != a))];
if (unknown.Length > 0)
{
    Console.Error.WriteLine($"no such part: {string.Join(", ", unknown)}. There are: {string.Join(", ", parts.Select(p => p.Name))}");
    return 2;
}

Counts[] rows = args.Length > 0
    ? [await RowAsync(parts.Where(p => args.Contains(p.Name)))]
    : await Task.WhenAll(RowAsync(first.Where(p => p.Always)), RowAsync(second.Where(p => p.Always)));
Counts sum = rows.Aggregate((a, b) => a + b);
if (sum.Skipped > 0) Console.WriteLine($"{sum.Skipped} skipped, named above with the reason");
Console.WriteLine(sum);
return sum is { Failed: 0, Passed: > 0 } ? 0 : 1;

static async Task<Counts> RowAsync(IEnumerable<Part> row)
{
    Counts sum = new(0, 0, 0);
    foreach (Part part in row)
    {
        Console.WriteLine($"{DateTime.Now:HH:mm:ss} {part.Name} begins");
        Stopwatch watch = Stopwatch.StartNew();
        Counts counts = await part.RunAsync();
        Console.WriteLine(string.Join('\n', [$"== {part.Name}", .. part.Said, $"   {part.Name}: {counts} in {watch.Elapsed.TotalSeconds:0} s"]));
        sum += counts;
    }
    return sum;
}
