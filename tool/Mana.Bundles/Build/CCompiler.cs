using Mana.Bundles.Plan;
using Mana.Bundles.Processes;

namespace Mana.Bundles.Build;

/// <summary>How a compilation went: what the compiler said, word by word.</summary>
public sealed record CompileOutcome(CompileUnit Unit, bool Skipped, ChildResult Result);

/// <summary>
/// Compiles units in parallel and skips those that are up to date: the object is newer than everything in its depfile,
/// and was made by the same command.
/// </summary>
public sealed class CCompiler(int parallel)
{
    /// <param name="units">What to compile.</param>
    /// <param name="report">Called as each unit ends, never concurrently.</param>
    /// <param name="stop">Ends compilers under way.</param>
    /// <returns>Whether all succeeded; after a failure nothing new is started.</returns>
    public async Task<bool> CompileAsync(IEnumerable<CompileUnit> units, Action<CompileOutcome> report, CancellationToken stop)
    {
        int failed = 0;
        Lock gate = new();
        ParallelOptions options = new() { MaxDegreeOfParallelism = parallel, CancellationToken = stop };
        await Parallel.ForEachAsync(units, options, async (unit, token) =>
        {
            if (Volatile.Read(ref failed) != 0) return;
            CompileOutcome outcome = await CompileOneAsync(unit, token);
            if (!outcome.Result.Succeeded) Volatile.Write(ref failed, 1);
            lock (gate) report(outcome);
        });
        return failed == 0;
    }

    private static async Task<CompileOutcome> CompileOneAsync(CompileUnit unit, CancellationToken stop)
    {
        string temporary = unit.ObjectFile + ".new", dependencies = unit.ObjectFile + ".d", record = unit.ObjectFile + ".cmd";
        ChildCommand command = new(unit.Compiler, [.. unit.Flags, "-MMD", "-MF", dependencies, "-MT", "object", "-c", unit.Source, "-o", temporary])
        {
            Limit = TimeSpan.FromMinutes(20),
        };
        if (IsCurrent(unit, command, dependencies, record)) return new CompileOutcome(unit, Skipped: true, new ChildResult(0, "", ""));
        Directory.CreateDirectory(Path.GetDirectoryName(unit.ObjectFile)!);
        File.Delete(record);
        ChildResult result = await Gateway.TryRunAsync(command, stop);
        if (!result.Succeeded) return new CompileOutcome(unit, Skipped: false, result);
        // The object appears whole or not at all, and counts only once its command is recorded.
        File.Move(temporary, unit.ObjectFile, overwrite: true);
        await File.WriteAllTextAsync(record, command.ToString(), stop);
        return new CompileOutcome(unit, Skipped: false, result);
    }

    private static bool IsCurrent(CompileUnit unit, ChildCommand command, string dependencies, string record)
    {
        if (!File.Exists(unit.ObjectFile) || !File.Exists(dependencies) || !File.Exists(record)) return false;
        if (!string.Equals(File.ReadAllText(record), command.ToString(), StringComparison.Ordinal)) return false;
        DateTime made = File.GetLastWriteTimeUtc(unit.ObjectFile);
        return Depfile.Parse(File.ReadAllText(dependencies)).All(file => File.Exists(file) && File.GetLastWriteTimeUtc(file) <= made);
    }
}

/// <summary>The makefile fragment that gcc -MMD writes: "target: a b \ (newline) c", blanks in names escaped.</summary>
public static class Depfile
{
    public static IEnumerable<string> Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return [];
        return text[(colon + 1)..].Replace("\\\n", " ", StringComparison.Ordinal).Replace("\\ ", "\0", StringComparison.Ordinal)
            .Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Select(f => f.Replace('\0', ' '));
    }
}
