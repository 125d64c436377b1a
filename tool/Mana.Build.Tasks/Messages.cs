using System.Globalization;
using System.Text.RegularExpressions;
using Mana.Bundles.Processes;
using Mana.Common.Errors;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Mana.Build.Tasks;

internal static partial class Messages
{
    /// <summary>The whole block as it is, then one line that MSBuild counts as the error.</summary>
    public static bool Fail(TaskLoggingHelper log, UserError error)
    {
        foreach (string line in error.ToBlock().TrimEnd().Split('\n')) log.LogMessage(MessageImportance.High, "{0}", line);
        log.LogError("{0}", error.What);
        return false;
    }

    /// <summary>What a compiler or linker said, as it said it. A quiet build shows nothing but errors, so where the command failed each error that has a
    /// place is one of MSBuild's, too; and all of the text is, where none has.</summary>
    public static void Show(TaskLoggingHelper log, ChildResult result, string failure)
    {
        string text = (result.Error + result.Output).TrimEnd();
        foreach (string line in text.Split('\n'))
            if (line.Length > 0) log.LogMessage(MessageImportance.High, "{0}", line);
        if (result.Succeeded) return;
        MatchCollection errors = Diagnostic().Matches(text);
        foreach (Match error in errors)
            log.LogError(
                null, null, null, error.Groups["file"].Value, Number(error, "line"), Number(error, "column"), 0, 0, "{0}", error.Groups["text"].Value);
        log.LogError("{0}", errors.Count > 0 || text.Length == 0 ? failure : failure + ":\n" + text);
    }

    private static int Number(Match match, string group) => int.TryParse(match.Groups[group].Value, CultureInfo.InvariantCulture, out int number) ? number : 0;

    /// <summary>gcc's and clang's form of an error.</summary>
    [GeneratedRegex(
        @"^(?<file>[^:\s][^:\n]*):(?<line>\d+):((?<column>\d+):)? (fatal )?error: (?<text>.*)$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10000)]
    private static partial Regex Diagnostic();
}
