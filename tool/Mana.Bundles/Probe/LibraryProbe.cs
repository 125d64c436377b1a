using System.IO.Enumeration;
using Mana.Bundles.Backends;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;

namespace Mana.Bundles.Probe;

/// <summary>Links a program with the wrapper's flags and asks the loader which libraries it really gets, and which thread level.</summary>
internal sealed class LibraryProbe(Backend backend, CompilerChoice compiler, string scratch)
{
    private const string Program = """
        #include <mpi.h>
        #include <stdio.h>
        int main(int argc, char **argv) {
          int level = -1;
          MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level);
          const char *name = level == MPI_THREAD_MULTIPLE ? "multiple" : level == MPI_THREAD_SERIALIZED ? "serialized"
                           : level == MPI_THREAD_FUNNELED ? "funneled" : "single";
          printf("mana-thread-level=%s\n", name);
          return MPI_Finalize();
        }
        """;

    private string Binary => Path.Combine(scratch, "mana-probe");

    public async Task LinkAsync(CancellationToken stop)
    {
        string source = Path.Combine(scratch, "mana-probe.c");
        await File.WriteAllTextAsync(source, Program, stop);
        await Gateway.RunAsync(new ChildCommand(compiler.Command, [.. compiler.Cflags, source, "-o", Binary, .. compiler.Ldflags]) { Folder = scratch }, stop);
    }

    public async Task<LibraryChoice> ResolveAsync(CancellationToken stop)
    {
        ChildResult result = await Gateway.RunAsync(new ChildCommand("ldd", [Binary]), stop);
        Dictionary<string, string> loaded = Parse(result.Output);
        string[] mpi = Pick(loaded, backend.Libraries.Mpi);
        return new LibraryChoice
        {
            Use = LibraryUse.Reference,
            Mpi = mpi,
            Network = Pick(loaded, backend.Libraries.Network),
            Plugins = mpi.Length == 0 ? [] : Plugins(Path.GetDirectoryName(mpi[0])!),
        };
    }

    /// <summary>Runs the program under the launcher on one rank; "unknown" where that is not possible, as on many login nodes.</summary>
    public async Task<string> ThreadLevelAsync(LauncherChoice launcher, IReadOnlyDictionary<string, string?> environment, CancellationToken stop)
    {
        LauncherRules rules = backend.Launchers.First(l => string.Equals(l.Flavour, launcher.Flavour, StringComparison.Ordinal));
        string[] arguments = [.. rules.Always, .. launcher.Arguments, .. rules.Ranks.Select(a => a.Replace("{n}", "1", StringComparison.Ordinal)), Binary];
        ChildResult result = await Gateway.TryRunAsync(
            new ChildCommand(launcher.Path, arguments) { Environment = environment, Limit = TimeSpan.FromSeconds(30) }, stop);
        const string mark = "mana-thread-level=";
        string? line = result.Output.Split('\n').FirstOrDefault(l => l.StartsWith(mark, StringComparison.Ordinal));
        return line is null ? "unknown" : line[mark.Length..].Trim();
    }

    /// <summary>Lines "soname => path (address)"; unresolved ones say "not found" and are left out.</summary>
    private static Dictionary<string, string> Parse(string ldd) => ldd.Split('\n')
        .Select(line => line.Trim().Split(" => ", 2))
        .Where(parts => parts.Length == 2 && parts[1].StartsWith('/'))
        .ToDictionary(parts => parts[0], parts => parts[1].Split(" (", 2)[0], StringComparer.Ordinal);

    private static string[] Pick(Dictionary<string, string> loaded, IReadOnlyList<string> patterns) =>
        [.. loaded.Where(l => patterns.Any(p => FileSystemName.MatchesSimpleExpression(p, l.Key, ignoreCase: false)))
            .OrderBy(l => Rank(l.Key, patterns)).ThenBy(l => l.Key, StringComparer.Ordinal).Select(l => l.Value)];

    /// <summary>libmpi itself is listed before what it needs: the patterns stand in that order.</summary>
    private static int Rank(string soname, IReadOnlyList<string> patterns) =>
        patterns.TakeWhile(p => !FileSystemName.MatchesSimpleExpression(p, soname, ignoreCase: false)).Count();

    private string[] Plugins(string libraryFolder) =>
        [.. backend.Libraries.Plugins.SelectMany(p => Candidates.Glob(p.Replace("{libdir}", libraryFolder, StringComparison.Ordinal)))
            .Where(folder => Directory.EnumerateFiles(folder, "*.so").Any(f => Path.GetFileName(f).StartsWith("mca_", StringComparison.Ordinal)))];
}
