namespace Mana.Coordinator.Checkpoint;

/// <summary>How a rank is to compress its image: numbers of WRITE.</summary>
public enum Compression
{
    None,
    Lz4,
    Zstd,
}

/// <summary>What the coordinator of one job goes by.</summary>
public sealed record JobSettings
{
    /// <summary>Of the last checkpoint before this job; 0 for a job that was launched.</summary>
    public uint LastEpoch { get; init; }

    /// <summary>As asked for: how many are missing before the first has come and said it; 0 where nobody knows.</summary>
    public int Ranks { get; init; }

    /// <summary>The checkpoint from which the job goes on, as its manifest has it; null for a job that was launched.</summary>
    public CheckpointRecord? Restart { get; init; }

    public Compression Compression { get; init; }

    /// <summary>What the program has not changed of the files it has mapped is not stored: it must be found there at a restart.</summary>
    public bool ReferenceFiles { get; init; }

    /// <summary>Ranks that are lost within it are lost together: the kernel tells of their connections in any order.</summary>
    public TimeSpan SameMoment { get; init; } = TimeSpan.FromMilliseconds(50);

    public CoordinatorFaults Faults { get; init; } = CoordinatorFaults.None;

    /// <summary>Takes the times of each checkpoint and restart. Called when ranks have been told to go on, never for long.</summary>
    public Action<StageReport> Log { get; init; } = _ => { };

    /// <summary>A request without a limit of its own has this.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After it, ranks are asked where they are, and the request is answered when they have said so, or after <see cref="AskPatience"/>.</summary>
    public TimeSpan AskPatience { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Nothing was heard for so long while ranks wait at gates: the gates let one collective through.</summary>
    public TimeSpan GatePatience { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>So often ranks are told, while a checkpoint is under way, that somebody is there: well within the patience of an agent (native/agent/silence.c).</summary>
    public TimeSpan PulseEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>All ranks of a restarted job have verified their images by then.</summary>
    public TimeSpan RestartTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>A rank that was lost before all have verified: so long the launcher has to end the job by itself.</summary>
    public TimeSpan LostPatience { get; init; } = TimeSpan.FromSeconds(10);
}
