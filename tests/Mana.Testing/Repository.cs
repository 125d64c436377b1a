namespace Mana.Testing;

/// <summary>Where things are in the checkout that the tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    public static string Programs => Path.Combine(Root, "tests", "programs");

    /// <summary>The stories that are stopped and restarted: see story.h there.</summary>
    public static string CheckpointStories => Path.Combine(Root, "tests", "ckpt");

    public static string Workloads => Path.Combine(Root, "tests", "workloads");

    public static string Packages => Path.Combine(Root, "artifacts");

    /// <summary>What may be kept from one run to the next, outside the checkout: $MANA_CACHE, else $XDG_CACHE_HOME/mana, else ~/.cache/mana.</summary>
    public static string Cache => Environment.GetEnvironmentVariable("MANA_CACHE") is { Length: > 0 } own
        ? own
        : Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
                ? xdg
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "mana");

    private static string Find()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Mana.sln")))
                return folder;
        throw new InvalidOperationException($"no Mana.sln above {AppContext.BaseDirectory}: run the tests from a checkout");
    }
}
