using Mana.Bundles.Processes;
using Mana.Common.Errors;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Mana.Build.Tasks;

internal static class Messages
{
    /// <summary>The whole block as it is, then one line that MSBuild counts as the error.</summary>
    public static bool Fail(TaskLoggingHelper log, UserError error)
    {
        foreach (string line in error.ToBlock().TrimEnd().Split('\n')) log.LogMessage(MessageImportance.High, "{0}", line);
        log.LogError("{0}", error.What);
        return false;
    }

    /// <summary>What a compiler said, as it said it.</summary>
    public static void Show(TaskLoggingHelper log, ChildResult result)
    {
        foreach (string line in (result.Error + result.Output).TrimEnd().Split('\n'))
            if (line.Length > 0) log.LogMessage(MessageImportance.High, "{0}", line);
    }
}
