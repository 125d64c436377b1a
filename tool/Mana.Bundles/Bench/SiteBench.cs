using System.Globalization;
using Mana.Bundles.Launch;
using Mana.Bundles.Processes;
using Mana.Bundles.Store;
using Mana.Common.Errors;

namespace Mana.Bundles.Bench;

/// <summary>One figure: medians over the runs, in <paramref name="Unit"/>.</summary>
public sealed record BenchRow(string Name, double Native, double Mana, string Unit)
{
    public double Ratio => Mana / Native;
}

/// <summary>Runs one program natively and split in turn, so that whatever else the machine does disturbs both alike.</summary>
public sealed class SiteBench(Bundle bundle, bool root)
{
    private const string Mark = "mana-bench\t";
    private const int Ranks = 2;

    public async Task<IReadOnlyList<BenchRow>> RunAsync(int runs, Action<string> progress, CancellationToken stop)
    {
        bundle.RequireFit();
        LaunchPlan split = LaunchPlan.Make(
            bundle, new LaunchRequest { Program = Path.Combine(bundle.Upper, "mana-bench"), Ranks = Ranks, IsCheck = true }, Environment.GetEnvironmentVariable, root);
        int program = split.Arguments.ToList().IndexOf(bundle.LowerProgram);
        LaunchPlan native = split with { Arguments = [.. split.Arguments.Take(program), Path.Combine(bundle.Folder, "lower", "mana-bench")] };
        List<Dictionary<string, double>> natives = [], splits = [];
        for (int run = 1; run <= runs; run++)
        {
            natives.Add(await OnceAsync(native, stop));
            splits.Add(await OnceAsync(split, stop));
            progress($"run {run} of {runs}");
        }
        return [.. natives[0].Keys.Select(name => new BenchRow(name, Median(natives.Select(r => r[name])), Median(splits.Select(r => r[name])), "ns"))];
    }

    private static async Task<Dictionary<string, double>> OnceAsync(LaunchPlan plan, CancellationToken stop)
    {
        ChildCommand command = new(plan.Launcher, plan.Arguments)
        {
            Environment = plan.Environment.ToDictionary(p => p.Key, p => (string?)p.Value, StringComparer.Ordinal),
            Limit = TimeSpan.FromMinutes(2),
        };
        ChildResult result = await Gateway.RunAsync(command, stop);
        Dictionary<string, double> figures = result.Output.Split('\n').Where(l => l.StartsWith(Mark, StringComparison.Ordinal)).Select(l => l.Split('\t'))
            .Where(words => words.Length == 4)
            .ToDictionary(words => words[1], words => double.Parse(words[2], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        return figures.Count > 0 ? figures : throw new UserErrorException(BenchErrors.Nothing(command.ToString()));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

public static class BenchErrors
{
    public static UserError Nothing(string command) => new("the measuring program printed no figures", "Run the command by hand to see why.", command);
}
