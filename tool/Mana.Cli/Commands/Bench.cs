using System.CommandLine;
using Mana.Bundles.Bench;
using Mana.Bundles.Launch;
using Mana.Bundles.Store;
using Mana.Cli.Terminal;
using Mana.Common.Errors;

namespace Mana.Cli.Commands;

/// <summary>What mana costs at this site.</summary>
internal static class Bench
{
    private const int Runs = 5;

    public static CommandWithExamples Make(Tool tool)
    {
        Option<string?> backend = Shared.Backend(tool), named = Shared.Bundle(tool);
        Option<bool> json = Shared.Json();
        Command command = new("bench", "Measures what mana costs at this site: native against mana, in turn.") { backend, named, json };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(named) is not null && parsed.GetValue(backend) is not null) throw new UserErrorException(CliErrors.Both("--bundle", "--backend"));
            CancellationToken stop = tool.Interruption.Watch();
            Bundle bundle = new BundleChoice(tool.Bundles, tool.Backends)
                .Choose(Shared.Wishes(new BundleWish(parsed.GetValue(named), parsed.GetValue(backend)), UserSettings.Read(tool.Home.Settings)), programAbi: null);
            Listing listing = new(("what", "What"), ("native", "Native"), ("mana", "mana"), ("ratio", "Ratio"), ("unit", "Unit"));
            foreach (BenchRow row in await new SiteBench(bundle, tool.IsRoot).RunAsync(Runs, tool.Talk.Progress, stop))
                listing.Add(row.Name, Math.Round(row.Native, 1), Math.Round(row.Mana, 1), Math.Round(row.Ratio, 3), row.Unit);
            listing.Write(parsed.GetValue(json), "nothing was measured");
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana bench", "mana bench --backend openmpi --json"]);
    }
}
