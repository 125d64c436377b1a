namespace Mana.Coordinator.Checkpoint;

/// <summary>Stages of a checkpoint: who starts each, who confirms it, what then holds.</summary>
public enum Stage
{
    /// <summary>INTENT to all; each confirms with its first CLOCKS. Then collectives are gated everywhere, and all clocks are known.</summary>
    Intent,

    /// <summary>TARGETS to all; each confirms with REACHED. Then nobody is inside a collective, and none can be entered.</summary>
    Converge,

    /// <summary>HOLD to all; each confirms with HELD. Then no rank takes for received by a program what only a drain has received, and drains may begin.</summary>
    Hold,

    /// <summary>PARK to all; each confirms with PARKED, and counts what it drains. Then no upper thread runs, and nothing is in flight.</summary>
    Drain,

    /// <summary>WRITE to all; each confirms with WROTE. Then all images are on disk, and the store makes them a checkpoint.</summary>
    Write,

    /// <summary>The time is over; ASK to all, who answer with WHERE. Then the attempt is given up, with a reason.</summary>
    Ask,

    /// <summary>All were told to go on, to exit, or that it is given up.</summary>
    Over,
}
