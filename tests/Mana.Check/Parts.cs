using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Mana.Testing;

namespace Mana.Check;

/// <summary>How many checks passed, failed and were skipped; those are named where it happens. As text it is the closing line that continuous integration reads.</summary>
internal sealed record Counts(int Passed, int Failed, int Skipped)
{
    public static Counts operator +(Counts a, Counts b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    public override string ToString() => $"{Passed} passed, {Failed} failed";
}

/// <summary>One part of `make test`.</summary>
/// <param name="name">By which it can be chosen.</param>
/// <param name="always">False: it runs only when it is named.</param>
internal abstract class Part(string name, bool always = true)
{
    private readonly List<string> _said = [];

    public string Name { get; } = name;

    public bool Always { get; } = always;

    /// <summary>What it has to say, line by line; told as one when it has ended, for another part may run beside it.</summary>
    public IReadOnlyList<string> Said => _said;

    public abstract Task<Counts> RunAsync();

    protected void Say(object line) => _said.Add(line.ToString() ?? "");

    /// <summary>Each part that runs jobs makes its temporary files in a folder of its own: of two jobs of Open MPI that make the same one at the same moment one ends with an error.</summary>
    protected static IReadOnlyDictionary<string, string?> In(Folder temporary) => new Dictionary<string, string?>(StringComparer.Ordinal) { ["TMPDIR"] = temporary.Path };

    protected async Task<Outcome> ShowAsync(IReadOnlyList<string> words, TimeSpan limit)
    {
        Outcome outcome = await Bounded.RunAsync(words, Repository.Root, new Dictionary<string, string?>(), limit);
        if (outcome.ExitCode != 0 || outcome.TimedOut) Say(outcome);
        return outcome;
    }
}

/// <summary>A formatter that says whether it would change anything: one check.</summary>
internal sealed class FormatPart(string name, string promise, Func<IReadOnlyList<string>> words) : Part(name)
{
    public override async Task<Counts> RunAsync()
    {
        Outcome outcome = await ShowAsync(words(), TimeSpan.FromMinutes(5));
        if (outcome is { ExitCode: 0, TimedOut: false }) return new Counts(1, 0, 0);
        Say($"   broken promise: {promise}");
        return new Counts(0, 1, 0);
    }
}

/// <summary>An xunit project, built before. What ran is read from its own report: a host that dies halfway does not pass for a success.</summary>
/// <param name="name">Of the project; of the part too, unless it is only one of several of that project.</param>
/// <param name="part">Its own name, where the project has several.</param>
/// <param name="filter">Which tests of the project (dotnet test --filter); all if null.</param>
/// <param name="always">False: only when named.</param>
internal class TestProjectPart(string name, string? part = null, string? filter = null, bool always = true) : Part(part ?? name, always)
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>A test that takes longer is named, of the three that take longest.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(30);

    public override async Task<Counts> RunAsync()
    {
        using Folder results = new();
        Outcome outcome = await Bounded.RunAsync(
            ["dotnet", "test", $"tests/{name}", "--no-build", "-c", "Release", "--nologo", "-tl:off", "--logger", "trx;LogFileName=report.trx", "--results-directory", results.Path,
                .. filter is null ? (string[])[] : ["--filter", filter]],
            Repository.Root, In(results), TimeSpan.FromMinutes(45), said: TellFailure, heard: TellFailure);
        if (!File.Exists(results["report.trx"]))
        {
            Say(outcome);
            return new Counts(0, 1, 0);
        }
        XElement report = XElement.Load(results["report.trx"]);
        foreach (XElement failed in report.Descendants(Trx + "UnitTestResult").Where(r => (string?)r.Attribute("outcome") == "Failed"))
            Say($"   FAILED {(string?)failed.Attribute("testName")}\n{Indented(failed.Descendants(Trx + "Message").FirstOrDefault()?.Value ?? "")}");
        foreach (XElement left in report.Descendants(Trx + "UnitTestResult").Where(r => (string?)r.Attribute("outcome") == "NotExecuted"))
            Say($"   SKIPPED {(string?)left.Attribute("testName")}: {left.Descendants(Trx + "Output").FirstOrDefault()?.Value}");
        foreach (XElement slow in report.Descendants(Trx + "UnitTestResult").OrderByDescending(Duration).Take(3).Where(r => Duration(r) > Slow))
            Say($"   took {Duration(slow).TotalSeconds:0} s: {(string?)slow.Attribute("testName")}");
        XElement counters = report.Descendants(Trx + "Counters").Single();
        int total = (int)counters.Attribute("total")!, passed = (int)counters.Attribute("passed")!, executed = (int)counters.Attribute("executed")!;
        int failures = executed - passed, skipped = total - executed;
        if (outcome.TimedOut || total == 0 || (outcome.ExitCode != 0 && failures == 0))
        {
            Say(outcome);
            failures++;
        }
        return new Counts(passed, failures, skipped);
    }

    private static TimeSpan Duration(XElement result) => TimeSpan.TryParse((string?)result.Attribute("duration"), CultureInfo.InvariantCulture, out TimeSpan took) ? took : default;

    /// <summary>Long before the report is there: a person may have seen enough.</summary>
    private void TellFailure(string line)
    {
        if (line.EndsWith("[FAIL]", StringComparison.Ordinal)) Console.WriteLine($"{DateTime.Now:HH:mm:ss} {Name}: {line[(line.IndexOf(']', StringComparison.Ordinal) + 1)..].Trim()}");
    }

    private static string Indented(string text) => string.Join('\n', text.Split('\n').Take(60).Select(l => "     " + l));
}

/// <summary>A part of a soak, and what all its parts have come to.</summary>
/// <param name="name">Of the part, of its tests and of its folder.</param>
internal sealed class SoakPart(string name, bool always) : TestProjectPart("Mana.Stories", name, "Part=" + name, always)
{
    public override async Task<Counts> RunAsync()
    {
        Counts counts = await base.RunAsync();
        string log = Path.Combine(Repository.Root, "build", Name, "log");
        if (File.Exists(log)) Say("   so far: " + File.ReadLines(log).Last().Split("; ")[^1]);
        return counts;
    }
}

/// <summary>A part of the matrix of checkpoint stories, and a table of what all parts have come to.</summary>
internal sealed class MatrixPart(string name) : TestProjectPart("Mana.Stories", name, "Part=matrix", always: false)
{
    /// <summary>Counts are those of cases, over all parts so far.</summary>
    public override async Task<Counts> RunAsync()
    {
        Counts run = await base.RunAsync();
        string file = Path.Combine(Repository.Root, "build", "matrix", "results.tsv");
        if (!File.Exists(file)) return run;
        string[][] rows = [.. File.ReadLines(file).Select(l => l.Split('\t'))];
        Say($"\n   {"",-28}{"Holds",8}{"Broken",8}");
        foreach (IGrouping<string, string[]> kind in rows.GroupBy(r => r[0], StringComparer.Ordinal))
            Say($"   {kind.Key,-28}{kind.Count(Holds),8}{kind.Count(r => !Holds(r)),8}");
        foreach (string[] broken in rows.Where(r => !Holds(r))) Say($"   broken: {broken[0]}: {broken[1]}");
        string left = File.ReadAllText(Path.ChangeExtension(file, "left")).Trim();
        if (left != "0") Say($"   Incomplete: time is up and {left} cases are left to run; the same command goes on with them.");
        int held = rows.Count(Holds);
        return new Counts(held, Math.Max(rows.Length - held, run.Failed), 0);
    }

    private static bool Holds(string[] row) => row[2] == "ok";
}

/// <summary>The sample of MPICH's test suite: its runner prints the same closing line as we do.</summary>
internal sealed partial class SuitePart(string name) : Part(name)
{
    public override async Task<Counts> RunAsync()
    {
        using Folder temporary = new();
        Outcome outcome = await Bounded.RunAsync(
            ["dotnet", "run", "--no-build", "-c", "Release", "--project", "tests/Mana.Suite", "--", "sample"],
            Repository.Root, In(temporary), TimeSpan.FromMinutes(25));
        Say(outcome.Output.TrimEnd());
        Match closing = ClosingLine().Match(outcome.Output);
        if (!closing.Success || outcome.TimedOut)
        {
            Say(outcome);
            return new Counts(0, 1, 0);
        }
        int Number(string group) => closing.Groups[group].Success ? int.Parse(closing.Groups[group].Value) : 0;
        Counts counts = new(Number("passed"), Number("failed"), Number("skipped"));
        return counts is { Failed: 0, Passed: > 0 } && outcome.ExitCode != 0 ? counts with { Failed = 1 } : counts;
    }

    [GeneratedRegex(@"^(?<passed>\d+) passed, (?<failed>\d+) failed(?:, (?<skipped>\d+) skipped)?\s*\z", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex ClosingLine();
}

internal static class CSources
{
    /// <summary>Every C and C++ file a person wrote; generated ones are in build folders.</summary>
    public static IEnumerable<string> All()
    {
        string[] rooms = ["native", "backends", "tests", "bench"];
        return rooms.Select(r => Path.Combine(Repository.Root, r)).Where(Directory.Exists)
            .SelectMany(r => Directory.EnumerateFiles(r, "*", SearchOption.AllDirectories))
            .Where(f => Path.GetExtension(f) is ".c" or ".h" or ".cpp")
            .Where(f => !f.Split('/').Any(part => part is "bin" or "obj" or "build"))
            .Order(StringComparer.Ordinal);
    }
}
