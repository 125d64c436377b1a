using Mana.Bundles.Processes;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Mana.Build.Tasks;

internal static class Messages
{
    /// <summary>What a compiler said, as it said it.</summary>
    public static void Show(TaskLoggingHelper log, ChildResult result)
    {
        foreach (string line in (result.Error + result.Output).TrimEnd().Split('\n'))
            if (line.Length > 0) log.LogMessage(MessageImportance.High, "{0}", line);
    }
}
