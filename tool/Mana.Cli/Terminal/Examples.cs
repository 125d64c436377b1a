using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Mana.Cli.Terminal;

/// <summary>Help that opens with examples: what most people look for.</summary>
internal sealed class ExamplesHelp(IReadOnlyDictionary<Command, string[]> examples, HelpAction rest) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        Command command = parseResult.CommandResult.Command;
        if (examples.TryGetValue(command, out string[]? lines))
        {
            Output.Data("Examples:");
            foreach (string line in lines) Output.Data("  " + line);
            Output.Data("");
        }
        return rest.Invoke(parseResult);
    }
}
