using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>What is in tests/ckpt, as data.</summary>
internal static class Stories
{
    /// <summary>Trait of tests that belong to one part of `make test` or of `make test-all`.</summary>
    public const string Part = "Part";

    /// <summary>Every story and program on a cross pair, once per direction.</summary>
    public const string Checkpoints = "checkpoints";

    /// <summary>A rank or mana launch dies at each stage.</summary>
    public const string Faults = "faults";

    /// <summary>As long as one wishes: `make soak`.</summary>
    public const string Soak = "soak";

    /// <summary>The same for minutes.</summary>
    public const string ShortSoak = "short-soak";

    /// <summary>All pairs, two and four ranks.</summary>
    public const string Matrix = "matrix";

    public static readonly IReadOnlyList<string> All =
    [
        "inflight", "derived", "waitsets", "nonblocking", "neighbors", "freed", "fresh", "skewed", "finishing", "objects", "constructors", "bridges", "mistakes", "persistent", "bsend", "synchronous", "relay", "cancelled",
        "messages", "blocked", "threads", "multiple", "openmp", "signals", "masks", "alarms", "storm", "waiting", "sleeps", "events", "children", "clocks", "files",
        "mpifiles", "mpiviews", "memory", "plugin", "ownops", "solver",
    ];

    /// <summary>Threads that spin while they wait leave no core for ranks that work.</summary>
    public static IReadOnlyDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OMP_WAIT_POLICY"] = "passive" };

    public static TheoryData<string> Names() => [.. All];
}
