using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mana.Testing;

namespace Mana.Bench;

/// <summary>A crossing against two bare writes of FS, as `mana bundle verify` measures both, in turns, with the code of the stubs (native/verify/crossing_cost.c).</summary>
internal static partial class CrossingBench
{
    private const int Turns = 7;

    public static async Task<IEnumerable<Measure>> RunAsync(InstalledTool tool, Mpi mpi)
    {
        List<double> bare = [], crossing = [];
        for (int turn = 0; turn < Turns; turn++)
        {
            // One rank: it is alone on its core.
            Outcome outcome = await tool.RunAsync([tool.Mana, "bundle", "verify", mpi.Name, "--ranks", "1", "--json"]);
            if (outcome.ExitCode != 0 || outcome.TimedOut) throw new InvalidOperationException(outcome.ToString());
            // A row for each ABI whose stubs it has tried.
            foreach (JsonNode? row in JsonNode.Parse(outcome.Output)!.AsArray().Where(c => (string?)c!["check"] == "crossing"))
            {
                string detail = (string)row!["detail"]!;
                Match times = Times().Match(detail);
                if (!times.Success) throw new InvalidOperationException(detail);
                crossing.Add(Number(times, "crossing"));
                bare.Add(Number(times, "bare"));
            }
        }
        return [new Measure(mpi.Name, "crossing, of two FS writes", "ns", Promise.TimesNative(1.15), bare, crossing)];
    }

    private static double Number(Match match, string group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<crossing>[\d.]+) ns, .* two bare writes of FS \((?<bare>[\d.]+) ns\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Times();
}
