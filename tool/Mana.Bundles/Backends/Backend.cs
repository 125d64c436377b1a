namespace Mana.Bundles.Backends;

/// <summary>All that is particular to one MPI, read from a folder of data: backend.toml and launchers.toml.</summary>
public sealed record Backend
{
    public required string Name { get; init; }

    public required string Title { get; init; }

    /// <summary>The ABI of the applications that run on it natively: mpich or openmpi.</summary>
    public required string Abi { get; init; }

    /// <summary>The folder it was read from.</summary>
    public required string Folder { get; init; }

    public required ProbeRules Probe { get; init; }

    public required LibraryRules Libraries { get; init; }

    public required BuildRules Build { get; init; }

    public required IReadOnlyList<LauncherRules> Launchers { get; init; }

    /// <summary>Packages whose installation brings this MPI, by system; for the doctor's advice.</summary>
    public IReadOnlyDictionary<string, string> Packages { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>How to find the compiler wrapper and to know that it is this MPI's.</summary>
public sealed record ProbeRules
{
    /// <summary>Names of the wrapper, best first.</summary>
    public required IReadOnlyList<string> Wrappers { get; init; }

    /// <summary>Folders beside PATH; may hold * and $VARIABLE.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>Options that make the wrapper print its whole command; several are tried.</summary>
    public IReadOnlyList<string> Show { get; init; } = [];

    /// <summary>Options that make it print flags of one kind only, where no <see cref="Show"/> exists: cflags, libs.</summary>
    public string? ShowCflags { get; init; }

    public string? ShowLibs { get; init; }

    /// <summary>Macros of mpi.h that must be defined, and that must not be.</summary>
    public required IReadOnlyList<string> Defines { get; init; }

    public IReadOnlyList<string> Lacks { get; init; } = [];

    /// <summary>Instead of the macros, any of these identifies the MPI: a variable of its module, or a path that the wrapper or its flags name.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>The version, with {MACRO} holes.</summary>
    public required string Version { get; init; }

    /// <summary>Where no macro tells it, the version is the folder below one of this name in the path of the wrapper or its flags.</summary>
    public string? VersionFolder { get; init; }

    /// <summary>Commands that make the wrapper findable, for the error message.</summary>
    public string Hint { get; init; } = "";
}

/// <summary>Which of the loaded libraries are the MPI's own, and which the network's. Patterns on sonames.</summary>
public sealed record LibraryRules
{
    public required IReadOnlyList<string> Mpi { get; init; }

    public IReadOnlyList<string> Network { get; init; } = [];

    /// <summary>Folders of plug-ins that must come along with copies; may hold * and {libdir}.</summary>
    public IReadOnlyList<string> Plugins { get; init; } = [];

    /// <summary>Variables that make copied libraries find copied plug-ins; {lib} is the bundle's lower/lib.</summary>
    public IReadOnlyDictionary<string, string> CopiedEnvironment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>Flags beyond the wrapper's own for everything compiled against this MPI.</summary>
public sealed record BuildRules
{
    public IReadOnlyList<string> Cflags { get; init; } = [];

    public IReadOnlyList<string> Ldflags { get; init; } = [];
}

/// <summary>How the command line of one launcher is built. {n} is the number of ranks.</summary>
public sealed record LauncherRules
{
    public required string Flavour { get; init; }

    public required IReadOnlyList<string> Names { get; init; }

    public IReadOnlyList<string> Folders { get; init; } = [];

    public required IReadOnlyList<string> VersionArguments { get; init; }

    /// <summary>What its version output must hold: the check of its flavour.</summary>
    public required IReadOnlyList<string> Says { get; init; }

    public IReadOnlyList<string> Ranks { get; init; } = [];

    public IReadOnlyList<string> Always { get; init; } = [];

    /// <summary>It ends with N, not with 128+N, when signal N has ended a rank.</summary>
    public bool SignalAsCode { get; init; }

    /// <summary>Set for every job, and for jobs of root.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> RootEnvironment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Set when a bundle is verified or measured, on however small a machine; a job is told of it by its launcher.</summary>
    public IReadOnlyDictionary<string, string> CheckEnvironment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What brings a variable of the profile to ranks on other hosts, {name} is its name; empty where the launcher passes on all.</summary>
    public IReadOnlyList<string> Variable { get; init; } = [];
}
