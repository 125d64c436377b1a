namespace Mana.Coordinator.Checkpoint;

/// <summary>What a rank confirms during a checkpoint: columns of the job's log, as seconds since the intent was sent.</summary>
public enum CheckpointStep
{
    /// <summary>Collectives are gated, the rank's clocks are published.</summary>
    Clocks,

    /// <summary>The rank is at its last targets.</summary>
    Reached,

    /// <summary>All its threads stand still.</summary>
    Parked,

    /// <summary>Its image is on disk.</summary>
    Wrote,

    /// <summary>It runs on.</summary>
    Resumed,
}

/// <summary>What a rank confirms during a restart, as seconds since the coordinator began; and from <see cref="Init"/> on how long its own parts took.</summary>
public enum RestartStep
{
    /// <summary>Its MPI is initialized, it has said HELLO.</summary>
    Connected,

    /// <summary>Its image was found and verified.</summary>
    Verified,

    /// <summary>Its threads are made anew.</summary>
    Running,

    /// <summary>The site's MPI_Init.</summary>
    Init,

    /// <summary>Reading the image and its checksums.</summary>
    Verify,

    /// <summary>Memory, read into place.</summary>
    Map,

    /// <summary>Communicators, datatypes, requests and the like. All ranks do that together: one that has its memory early waits here for the others.</summary>
    Objects,

    /// <summary>From before MPI_Init until the threads run.</summary>
    Total,
}

/// <summary>When each rank confirmed each step; a step that is confirmed again counts from then.</summary>
/// <param name="steps">Names of the columns.</param>
/// <param name="ranks">Lines, in the order of ranks; those of a restart come one by one.</param>
public sealed class StageTimes(IReadOnlyList<string> steps, RankState?[] ranks)
{
    private readonly TimeSpan?[,] _times = new TimeSpan?[ranks.Length, steps.Count];

    public IReadOnlyList<string> Steps => steps;

    public IReadOnlyList<RankState?> Ranks => ranks;

    public TimeSpan? this[int rank, int step]
    {
        get => _times[rank, step];
        set => _times[rank, step] = value;
    }

    public static StageTimes OfCheckpoint(IReadOnlyList<RankState> ranks) => new(Enum.GetNames<CheckpointStep>(), [.. ranks]);

    public static StageTimes OfRestart(int ranks) => new(Enum.GetNames<RestartStep>(), new RankState?[ranks]);

    /// <summary>One of a restart is here.</summary>
    public void Add(RankState rank) => ranks[rank.Rank] = rank;

    /// <summary>The rank that took longest; null when none has confirmed the step.</summary>
    public int? Slowest(int step)
    {
        int? slowest = null;
        for (int i = 0; i < ranks.Length; i++)
            if (_times[i, step] is { } time && (slowest is null || time > _times[slowest.Value, step])) slowest = i;
        return slowest;
    }
}

/// <summary>One entry of a job's log.</summary>
/// <param name="Title">What happened, and how it ended.</param>
/// <param name="Times">Of all ranks.</param>
public sealed record StageReport(string Title, StageTimes Times);
