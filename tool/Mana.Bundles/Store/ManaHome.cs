using Mana.Common.Errors;

namespace Mana.Bundles.Store;

/// <summary>Where everything lives: the user's own folders, the machine's, and the tool's.</summary>
public sealed record ManaHome(string Home, string Config, string ToolFolder)
{
    public const string SystemBundles = "/etc/mana/bundles";

    /// <summary>$MANA_HOME, else $XDG_DATA_HOME/mana, else ~/.local/share/mana; likewise $XDG_CONFIG_HOME/mana. Without $HOME, ~ is what passwd(5) has, as for a shell.</summary>
    public static ManaHome FromEnvironment(Func<string, string?> variable)
    {
        string user = variable("HOME") is { Length: > 0 } home ? home
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } known ? known : "/";
        string data = variable("XDG_DATA_HOME") is { Length: > 0 } d ? d : Path.Combine(user, ".local", "share");
        string config = variable("XDG_CONFIG_HOME") is { Length: > 0 } c ? c : Path.Combine(user, ".config");
        string mana = variable("MANA_HOME") is { Length: > 0 } m ? Path.GetFullPath(m) : Path.Combine(data, "mana");
        return new ManaHome(mana, Path.Combine(config, "mana"), AppContext.BaseDirectory.TrimEnd('/'));
    }

    public string Bundles => Path.Combine(Home, "bundles");

    /// <summary>Objects kept between builds, so that a second build compiles only what changed.</summary>
    public string BuildCache => Path.Combine(Home, "cache", "build");

    /// <summary>One file for each running job.</summary>
    public string Jobs => Path.Combine(Home, "jobs");

    public string Settings => Path.Combine(Config, "config.toml");

    /// <summary>Read in this order; the first bundle of a name wins.</summary>
    public IReadOnlyList<string> BundleFolders => [Bundles, SystemBundles, Path.Combine(ToolFolder, "bundles")];

    public IReadOnlyList<string> BackendFolders => [Path.Combine(Config, "backends"), Path.Combine(ToolFolder, "backends")];

    /// <summary>Sources, templates and prebuilt upper half, as packed with the tool.</summary>
    public string Native => Path.Combine(ToolFolder, "native");

    /// <summary>Creates a folder, or explains why that cannot be.</summary>
    public static string Ensure(string folder)
    {
        try
        {
            return Directory.CreateDirectory(folder).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(StoreErrors.FolderNotWritable(folder, e.Message), e);
        }
    }
}
