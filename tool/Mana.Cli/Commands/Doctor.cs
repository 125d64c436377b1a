using System.CommandLine;
using Mana.Bundles.Doctor;
using Mana.Cli.Terminal;
using Mana.Common.Errors;

namespace Mana.Cli.Commands;

/// <summary>What this machine has and lacks for mana.</summary>
internal static class Doctor
{
    public static CommandWithExamples Make(Tool tool)
    {
        Option<bool> json = Shared.Json();
        Command command = new("doctor", "Tells what this machine has and lacks for mana, with the command that mends it.") { json };
        command.SetAction(async (parsed, _) =>
        {
            Listing listing = new(("what", "What"), ("state", "State"), ("detail", "Detail"), ("mend", "To mend it"));
            IReadOnlyList<Finding> findings = await new Examination(tool.Home, tool.Backends, tool.Bundles, tool.Candidates, tool.IsRoot).RunAsync(tool.Interruption.Watch());
            foreach (Finding finding in findings) listing.Add(finding.What, finding.State.ToString().ToLowerInvariant(), finding.Detail, finding.Mend);
            listing.Write(parsed.GetValue(json), "nothing was examined");
            int bad = findings.Count(f => f.State == Health.Bad);
            return bad == 0 ? ExitCodes.Success : Output.Fail(CliErrors.NotFit(bad));
        });
        return new CommandWithExamples(command, ["mana doctor", "mana doctor --json"]);
    }
}
