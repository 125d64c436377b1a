using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Mana.Cli.Terminal;
using Mana.Common.Errors;

namespace Mana.Cli.Commands;

/// <summary>`mana [suggest:N] LINE`: what may stand at the cursor, behind the first N characters of LINE. Nothing where a file is wanted, which shells know themselves.</summary>
internal sealed class Suggestions(SuggestDirective directive) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        string line = parseResult.Tokens.LastOrDefault(t => t.Type is not TokenType.Directive)?.Value ?? "";
        string? position = parseResult.GetResult(directive) is { Values: [{ } first, ..] } ? first : null;
        foreach (string word in At(parseResult.RootCommandResult.Command, int.TryParse(position, out int n) && n < line.Length ? line[..Math.Max(n, 0)] : line)) Output.Data(word);
        return ExitCodes.Success;
    }

    private static string[] At(Command root, string text)
    {
        int begin = text.LastIndexOfAny([' ', '\t']) + 1;
        string word = text[begin..];
        ParseResult before = root.Parse(text[..begin]);
        // What follows is the program's.
        if (before.Tokens.Any(t => t.Type is TokenType.DoubleDash)) return [];
        string[] all = [.. Completions(root, WithoutFlags(root, text[..begin]) + word).Where(c => c.StartsWith(word, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)];
        if (word.StartsWith('-') || IsValueNext(before)) return all;
        Argument? next = before.CommandResult.Command.Arguments.FirstOrDefault(a => before.GetResult(a) is not { Tokens.Count: > 0 });
        if (next is { Name: "FILE" or "PATH" }) return [];
        string[] words = [.. all.Where(c => !c.StartsWith('-'))];
        return words.Length > 0 ? words : all;
    }

    /// <summary>All that has the word somewhere in it, without the help's old names (/?, /h).</summary>
    private static IEnumerable<string> Completions(Command root, string text) =>
        root.Parse(text).GetCompletions(text.Length).Select((CompletionItem c) => c.Label).Where(c => !c.StartsWith('/'));

    /// <summary>Without the flags at its end, behind which the parser would offer true and false.</summary>
    private static string WithoutFlags(Command root, string text)
    {
        string words = text.TrimEnd();
        int begin = words.LastIndexOfAny([' ', '\t']) + 1;
        ParseResult parsed = root.Parse(words);
        bool isFlag = parsed.CommandResult.Children.Concat(parsed.RootCommandResult.Children).OfType<OptionResult>()
            .Any(o => o.Option.ValueType == typeof(bool) && string.Equals(o.IdentifierToken?.Value, words[begin..], StringComparison.Ordinal));
        return isFlag ? WithoutFlags(root, words[..begin]) : text;
    }

    private static bool IsValueNext(ParseResult before) =>
        before.CommandResult.Children.OfType<OptionResult>().Any(o => o.Option.Arity.MinimumNumberOfValues > 0 && o is { Implicit: false, Tokens.Count: 0 });
}
