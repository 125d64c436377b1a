using System.Collections.Concurrent;
using System.Diagnostics;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>
/// `make test-matrix`: every story and program at every pair of MPIs, and every fault point. It takes hours, so it runs for MANA_MATRIX_MINUTES (9) and goes on where the
/// last part stopped: what each case came to is in build/matrix/results.tsv, which `make clean` forgets. Cases run beside each other, as many as MANA_MATRIX_LANES says
/// (as many as there are cores, four at most: a job spins while it does not rest). On another machine MANA_MATRIX_FROM leaves out the first so many; MANA_MATRIX_ONLY takes
/// those alone in whose kind and name, with a blank between, it stands.
/// </summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Matrix)]
public sealed class MatrixStories(House house)
{
    /// <summary>One row of the matrix.</summary>
    /// <param name="Kind">Column of the table: which promise it is about.</param>
    /// <param name="Name">Unique within its kind.</param>
    /// <param name="RunAsync">Throws where it does not hold.</param>
    private sealed record Case(string Kind, string Name, Func<Task> RunAsync)
    {
        public string Key => $"{Kind}\t{Name}";
    }

    [Fact]
    public async Task Every_case_holds()
    {
        double minutes = double.TryParse(Environment.GetEnvironmentVariable("MANA_MATRIX_MINUTES"), out double asked) ? asked : 9;
        string file = Path.Combine(Repository.Root, "build", "matrix", "results.tsv");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        HashSet<string> known = File.Exists(file) ? [.. File.ReadLines(file).Select(l => string.Join('\t', l.Split('\t').Take(2)))] : [];
        int from = int.TryParse(Environment.GetEnvironmentVariable("MANA_MATRIX_FROM"), out int elsewhere) ? elsewhere : 0;
        string only = Environment.GetEnvironmentVariable("MANA_MATRIX_ONLY") ?? "";
        Case[] left = [.. Spread([.. All()]).Skip(from).Where(c => !known.Contains(c.Key) && c.Key.Replace('\t', ' ').Contains(only, StringComparison.Ordinal))];
        int lanes = int.TryParse(Environment.GetEnvironmentVariable("MANA_MATRIX_LANES"), out int wanted) && wanted > 0 ? wanted : Math.Min(Environment.ProcessorCount, 4);
        ConcurrentQueue<Case> queue = new(left);
        ConcurrentBag<string> broken = [];
        Stopwatch watch = Stopwatch.StartNew();
        Lock results = new();
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Task.Run(async () =>
        {
            while (watch.Elapsed.TotalMinutes < minutes && queue.TryDequeue(out Case? one))
            {
                string? problem = await ProblemOfAsync(one);
                if (problem is not null) broken.Add($"{one.Key}: {problem}");
                lock (results) File.AppendAllText(file, $"{one.Key}\t{(problem is null ? "ok" : "broken")}\t{OneLine(problem)}\n");
            }
        })));
        await File.WriteAllTextAsync(Path.ChangeExtension(file, "left"), $"{queue.Count}\n");
        Assert.True(broken.IsEmpty, string.Join("\n\n", broken));
    }

    private IEnumerable<Case> All()
    {
        Journeys journeys = new(house);
        FaultWalk faults = new(house);
        LauncherWalk launchers = new(house);
        IReadOnlyList<FaultPoint> points = FaultPoint.All;
        return
        [
            .. Everywhere([.. Journeys.Programs, .. GromacsTheoryAttribute.RunsHere ? (string[])[Journeys.Gromacs] : []], journeys.RunAsync),
            .. AtEach("rank dies", points, faults.KillRankAsync),
            .. FaultPoint.OfCoordinator.SelectMany(point => Mpi.All.Select(site => new Case("mana launch dies", $"{point} on {site}", () => faults.KillLaunchAsync(point, site)))),
            .. AtEach("launcher dies", points, launchers.KillLauncherAsync),
            .. AtEach("mana restart dies", points.Where(p => p.IsOfRestart), launchers.KillRestartAsync),
            .. AtEach("stage fails", points.Where(p => p.Fails), faults.FailAsync),
            .. Mpi.All.SelectMany(builtFor => Everywhere(
                Stories.All, (story, home, abroad, ranks) => journeys.TellAsync(story, builtFor, home, abroad, ranks), $" for {builtFor}")),
        ];
    }

    /// <summary>In an order in which each part takes from all over the matrix, the same each time.</summary>
    private static IEnumerable<Case> Spread(Case[] cases)
    {
        const double golden = 0.6180339887498949; // its multiples, without their whole part, lie evenly in 0..1 however many there are
        return cases.Select((one, i) => (one, At: i * golden % 1)).OrderBy(c => c.At).Select(c => c.one);
    }

    /// <summary>All pairs of MPIs, two and four ranks.</summary>
    private static IEnumerable<Case> Everywhere(IReadOnlyList<string> names, Func<string, Mpi, Mpi, int, Task> travel, string suffix = "") =>
        names.SelectMany(name => Mpi.All.SelectMany(home => Mpi.All.SelectMany(abroad => ((int[])[2, 4]).Select(ranks =>
            new Case($"{home} -> {abroad}, {ranks} ranks", name + suffix, () => travel(name, home, abroad, ranks))))));

    private static IEnumerable<Case> AtEach(string kind, IEnumerable<FaultPoint> points, Func<FaultPoint, Mpi, Task> walk) =>
        points.SelectMany(point => Mpi.All.Select(site => new Case(kind, $"{point.Name} on {site}", () => walk(point, site))));

    private static async Task<string?> ProblemOfAsync(Case one)
    {
        try
        {
            await one.RunAsync();
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e.Message;
        }
    }

    private static string OneLine(string? problem) => (problem ?? "").ReplaceLineEndings(" | ").Replace('\t', ' ');
}
