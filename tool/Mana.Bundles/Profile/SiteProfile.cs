namespace Mana.Bundles.Profile;

/// <summary>
/// What mana knows of one MPI of one site: found by the probe, written as TOML, edited by a person, built into a bundle.
/// </summary>
public sealed record SiteProfile
{
    public const int CurrentFormat = 1;

    /// <summary>Name of a backend, or the path of its folder.</summary>
    public required string Backend { get; init; }

    /// <summary>The MPI's own version ("4.0.2") and the version of the MPI standard it implements ("4.0").</summary>
    public required string Version { get; init; }

    public required string Standard { get; init; }

    public required CompilerChoice Compiler { get; init; }

    public required LibraryChoice Libraries { get; init; }

    public required LauncherChoice Launcher { get; init; }

    /// <summary>Highest level that MPI_Init_thread granted: single, funneled, serialized, multiple; or unknown.</summary>
    public string ThreadLevel { get; init; } = "unknown";

    /// <summary>Variables for every job that runs on the bundle.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Of every job that runs on the bundle, where its user says nothing else.</summary>
    public CheckpointDefaults Checkpoints { get; init; } = new();
}

/// <summary>How C is compiled and linked against this MPI: the wrapper's own command taken apart.</summary>
public sealed record CompilerChoice
{
    public required string Wrapper { get; init; }

    public required string Command { get; init; }

    /// <summary>Compiles what is not linked with the MPI.</summary>
    public required string Host { get; init; }

    public IReadOnlyList<string> Cflags { get; init; } = [];

    public IReadOnlyList<string> Ldflags { get; init; } = [];
}

public enum LibraryUse
{
    Reference,
    Copy,
}

public sealed record LibraryChoice
{
    public required LibraryUse Use { get; init; }

    /// <summary>Full paths, as a linked program loads them.</summary>
    public required IReadOnlyList<string> Mpi { get; init; }

    public IReadOnlyList<string> Network { get; init; } = [];

    public IReadOnlyList<string> Plugins { get; init; } = [];
}

public sealed record LauncherChoice
{
    public required string Path { get; init; }

    public required string Flavour { get; init; }

    /// <summary>Always put before the program.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}
