using System.Text.RegularExpressions;

namespace Mana.Bundles.Probe;

/// <summary>Finds executables by name on PATH and in folders that may hold * and $VARIABLE.</summary>
public sealed partial class Candidates(Func<string, string?> variable)
{
    /// <summary>
    /// Folder by folder, and in each name by name: a module that stands before the system's folders on PATH wins with whatever name it has, and wrapper and launcher are
    /// of one installation.
    /// </summary>
    /// <param name="names">Best first.</param>
    /// <param name="folders">Searched after PATH.</param>
    /// <param name="first">A folder that is searched before it.</param>
    public IEnumerable<string> Find(IReadOnlyList<string> names, IEnumerable<string> folders, string? first = null)
    {
        string[] onPath = (variable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> all = onPath.Concat(folders.SelectMany(Expand));
        if (first is not null) all = all.Prepend(first);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string folder in all)
            foreach (string name in names)
            {
                string file = Path.Combine(folder, name);
                // /bin is a link to /usr/bin on most systems: the same file is found once.
                if (IsExecutable(file) && seen.Add(RealFolder(folder) + "/" + name)) yield return file;
            }
    }

    private static string RealFolder(string folder) => new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder.TrimEnd('/');

    public string? OnPath(string name) => name.Contains('/', StringComparison.Ordinal)
        ? IsExecutable(name) ? Path.GetFullPath(name) : null
        : Find([name], []).FirstOrDefault();

    public static bool IsExecutable(string file) =>
        File.Exists(file) && Mono.Unix.Native.Syscall.access(file, Mono.Unix.Native.AccessModes.X_OK) == 0;

    /// <summary>A pattern whose variable is unset stands for nothing. Matches come newest name first, so that newer versions win.</summary>
    public IEnumerable<string> Expand(string pattern)
    {
        string[] parts = pattern.Split('/');
        for (int i = 0; i < parts.Length; i++)
        {
            if (!parts[i].StartsWith('$')) continue;
            string? value = variable(parts[i][1..]);
            if (string.IsNullOrEmpty(value)) return [];
            parts[i] = value;
        }
        return Glob(string.Join('/', parts)).OrderByDescending(InNumbers, StringComparer.Ordinal);
    }

    /// <summary>8.1.28 is newer than 8.1.9. (Without a culture's tables .NET orders by characters only.)</summary>
    private static string InNumbers(string path) => Digits().Replace(path, number => number.Value.PadLeft(20, '0'));

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();

    public static IEnumerable<string> Glob(string pattern)
    {
        int star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0) return Directory.Exists(pattern) ? [pattern] : [];
        int from = pattern.LastIndexOf('/', star), to = pattern.IndexOf('/', star);
        string parent = from <= 0 ? "/" : pattern[..from], rest = to < 0 ? "" : pattern[to..];
        string name = pattern[(from + 1)..(to < 0 ? pattern.Length : to)];
        if (!Directory.Exists(parent)) return [];
        IEnumerable<string> matches = Directory.EnumerateDirectories(parent, name);
        return matches.SelectMany(match => Glob(match + rest));
    }
}
