using Mana.Testing;

namespace Mana.Suite;

/// <summary>Brings MPICH's source by the package client, into the cache: Debian's source package of the mpich that is installed.</summary>
internal static class SuiteSource
{
    private static string Folder => Path.Combine(Repository.Cache, "mpich-suite", "source");

    /// <summary>The unpacked test/mpi, with the scripts that its configure needs beside it.</summary>
    public static async Task<string> RequireAsync()
    {
        string unpacked = Path.Combine(Folder, "unpacked");
        if (File.Exists(Path.Combine(unpacked, "test", "mpi", "configure"))) return unpacked;
        Console.WriteLine("fetching Debian's source package of mpich");
        Directory.CreateDirectory(Folder);
        string archive = await DownloadAsync();
        string half = unpacked + ".half";
        if (Directory.Exists(half)) Directory.Delete(half, recursive: true);
        Directory.CreateDirectory(half);
        await Steps.RequireAsync(
            ["tar", "-xf", archive, "-C", half, "--strip-components=1", "--wildcards", "*/test/mpi", "*/confdb"], Folder, TimeSpan.FromMinutes(3));
        if (Directory.Exists(unpacked)) Directory.Delete(unpacked, recursive: true);
        Directory.Move(half, unpacked);
        return unpacked;
    }

    /// <summary>With a temporary copy of the machine's own Debian sources, turned into deb-src: the machine's lists are left alone.</summary>
    private static async Task<string> DownloadAsync()
    {
        string lists = Path.Combine(Folder, "lists"), parts = Path.Combine(Folder, "sources");
        Directory.CreateDirectory(Path.Combine(lists, "partial"));
        Directory.CreateDirectory(parts);
        await File.WriteAllTextAsync(Path.Combine(parts, "source.sources"), DebianSources());
        string[] apt = ["-qq", "-o", "Dir::Etc::SourceList=/dev/null", "-o", "Dir::Etc::SourceParts=" + parts, "-o", "Dir::State::Lists=" + lists, "-o", "APT::Sandbox::User=root"];
        await Steps.RequireAsync(["apt-get", .. apt, "update"], Folder, TimeSpan.FromMinutes(5));
        await Steps.RequireAsync(["apt-get", .. apt, "source", "--download-only", "--only-source", "mpich"], Folder, TimeSpan.FromMinutes(5));
        return Directory.EnumerateFiles(Folder, "mpich_*.orig.tar.*").FirstOrDefault(f => !f.EndsWith(".asc", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"no mpich_*.orig.tar.* arrived in {Folder}");
    }

    /// <summary>Both forms that apt knows (man 5 sources.list); only what names the Debian archive.</summary>
    private static string DebianSources()
    {
        List<string> stanzas = [];
        IEnumerable<string> files = Directory.Exists("/etc/apt/sources.list.d") ? Directory.EnumerateFiles("/etc/apt/sources.list.d") : [];
        foreach (string file in files.Where(f => f.EndsWith(".sources", StringComparison.Ordinal)))
            stanzas.AddRange(File.ReadAllText(file).Split("\n\n").Where(s => s.Contains("debian", StringComparison.OrdinalIgnoreCase) && s.Contains("main", StringComparison.Ordinal))
                .Select(s => s.Replace("Types: deb\n", "Types: deb-src\n", StringComparison.Ordinal).Trim('\n')));
        foreach (string file in files.Where(f => f.EndsWith(".list", StringComparison.Ordinal)).Append("/etc/apt/sources.list").Where(File.Exists))
            foreach (string[] words in File.ReadLines(file).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
                if (words is ["deb", var uri, var suite, .. var components] && uri.Contains("debian", StringComparison.Ordinal))
                    stanzas.Add($"Types: deb-src\nURIs: {uri}\nSuites: {suite}\nComponents: {string.Join(' ', components)}");
        return stanzas.Count > 0
            ? string.Join("\n\n", stanzas.Where(s => s.Contains("Types: deb-src", StringComparison.Ordinal))) + "\n"
            : throw new InvalidOperationException("no Debian archive in /etc/apt: MPICH's test suite cannot be fetched; add one, or put the unpacked source into " + Folder);
    }
}

internal static class Steps
{
    /// <summary>Runs one step that must succeed.</summary>
    public static async Task RequireAsync(IReadOnlyList<string> words, string folder, TimeSpan limit)
    {
        Outcome outcome = await Bounded.RunAsync(words, folder, Mpi.Environment, limit);
        if (outcome.ExitCode != 0 || outcome.TimedOut) throw new InvalidOperationException(outcome.ToString());
    }
}
