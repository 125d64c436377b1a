using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Mana.Common.Errors;
using Mana.Common.Words;

namespace Mana.Cli;

/// <summary>What is wrong with a command line, in words of ours: the parser's tell types of .NET and take several lines.</summary>
internal static partial class Mistakes
{
    /// <summary>The first mistake of a line that cannot be parsed; exit code 2.</summary>
    public static UserError Of(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string help = $"See {Path(command)} --help.";
        // A misspelled option's value is a word too many, which is not the mistake.
        string? option = parsed.Errors.Select(e => OptionIn(e.SymbolResult)).OfType<string>().FirstOrDefault();
        if ((option ?? (parsed.UnmatchedTokens is [{ } unmatched, ..] ? unmatched : null)) is { } word)
            return Usage(Unknown(word, command), Meant(word, command) is { } meant ? $"Did you mean {meant}? {help}" : help);
        ParseError error = parsed.Errors[0];
        return error.SymbolResult is CommandResult && command.Subcommands.Count > 0
            ? Usage("a command is missing", $"Say one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}; {help.Replace("See", "see", StringComparison.Ordinal)}")
            : Usage(What(error), help);
    }

    /// <summary>A word that looks like an option and was taken for an argument of a command; null where there is none. (A file of such a name is ./-name.)</summary>
    public static string? OptionIn(SymbolResult? at) =>
        at is ArgumentResult { Parent: CommandResult } argument ? argument.Tokens.Select(t => t.Value).FirstOrDefault(w => w.StartsWith('-')) : null;

    private static UserError Usage(string what, string toDo) => new(what, toDo, ExitCode: ExitCodes.Usage);

    private static string Path(Command command) => string.Join(' ', command.Parents.OfType<Command>().Where(c => c is not RootCommand).Select(c => c.Name).Prepend("mana"))
        + (command is RootCommand ? "" : " " + command.Name);

    private static string Unknown(string word, Command command) =>
        word.StartsWith('-') ? $"{Path(command)} has no option '{word}'"
        : command.Subcommands.Count > 0 ? $"{Path(command)} has no command '{word}'"
        : $"'{word}' is one word too many for {Path(command)}";

    private static string? Meant(string word, Command command)
    {
        IEnumerable<string> names = word.StartsWith('-') ? command.Options.SelectMany(o => o.Aliases.Prepend(o.Name)) : command.Subcommands.Select(c => c.Name);
        return names.FirstOrDefault(n => Spelling.IsClose(word, n));
    }

    private static string What(ParseError error)
    {
        SymbolResult? at = error.SymbolResult is ArgumentResult { Parent: OptionResult option } ? option : error.SymbolResult;
        string said = $"{NameOf(at)} {(at?.Tokens is [.., { } last] ? last.Value : "")}".Trim();
        string message = error.Message.TrimEnd('.');
        if (message.Contains("as expected type", StringComparison.Ordinal)) return $"{said}: this is no whole number, or one beyond {int.MaxValue}";
        if (message.StartsWith("Required argument", StringComparison.Ordinal))
            return at is OptionResult ? said + ": its value is missing" : Quoted().Match(message).Groups["word"].Value + " is missing";
        string[] list = message.Split("Must be one of:");
        if (list.Length == 2) return $"{said}: this is none of {string.Join(", ", Quoted().Matches(list[1]).Select(m => m.Groups["word"].Value))}";
        return char.ToLowerInvariant(message[0]) + message[1..];
    }

    private static string? NameOf(SymbolResult? at) => at switch { OptionResult o => o.Option.Name, ArgumentResult a => a.Argument.Name, _ => null };

    [GeneratedRegex("'(?<word>[^']*)'", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted();
}
