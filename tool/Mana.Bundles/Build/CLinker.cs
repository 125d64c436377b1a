using Mana.Bundles.Plan;
using Mana.Bundles.Processes;

namespace Mana.Bundles.Build;

/// <summary>Links one unit, unless its output is newer than its objects and was made by the same command.</summary>
public static class CLinker
{
    /// <returns>Null when the output was current.</returns>
    public static async Task<ChildResult?> LinkAsync(LinkUnit unit, string recordFolder, CancellationToken stop)
    {
        ChildCommand command = new(unit.Compiler, [.. unit.Objects, "-o", unit.Output + ".new", .. unit.Flags]) { Limit = TimeSpan.FromMinutes(10) };
        string record = Path.Combine(recordFolder, unit.Name + ".link");
        if (IsCurrent(unit, command, record)) return null;
        Directory.CreateDirectory(Path.GetDirectoryName(unit.Output)!);
        ChildResult result = await Gateway.TryRunAsync(command, stop);
        if (!result.Succeeded) return result;
        File.Move(unit.Output + ".new", unit.Output, overwrite: true);
        await File.WriteAllTextAsync(record, command.ToString(), stop);
        return result;
    }

    private static bool IsCurrent(LinkUnit unit, ChildCommand command, string record)
    {
        if (!File.Exists(unit.Output) || !File.Exists(record)) return false;
        if (!string.Equals(File.ReadAllText(record), command.ToString(), StringComparison.Ordinal)) return false;
        DateTime made = File.GetLastWriteTimeUtc(unit.Output);
        // Some flags are libraries, linked a moment ago, or a version script.
        IEnumerable<string> inputs = unit.Objects.Concat(unit.Flags.Select(f => f[(f.IndexOf('=', StringComparison.Ordinal) + 1)..]).Where(File.Exists));
        return inputs.All(o => File.GetLastWriteTimeUtc(o) <= made);
    }
}
