using Mono.Unix.Native;

namespace Mana.Coordinator.Checkpoint;

/// <summary>Places at which a test has the coordinator killed or stopped, in the order in which it passes them. Tests walk through all.</summary>
public enum CoordinatorFault
{
    BeforeIntent,

    AfterIntent,

    BeforeHold,

    AfterHold,

    BeforePark,

    AfterPark,

    BeforeWrite,

    AfterWrite,

    /// <summary>The manifest is on disk, under another name.</summary>
    BeforeRename,

    /// <summary>It is a checkpoint; no rank knows yet.</summary>
    AfterRename,
}

/// <summary>
/// What MANA_COORDINATOR_FAULT=POINT[:EPOCH[:stop]] asks for, in the environment of `mana launch` or `mana restart`: SIGKILL at that point, from checkpoint EPOCH on, or
/// SIGSTOP. For tests only; without it nothing is done.
/// </summary>
public sealed record CoordinatorFaults(CoordinatorFault? Armed, uint Epoch, bool Stops = false)
{
    public const string Variable = "MANA_COORDINATOR_FAULT";

    public static CoordinatorFaults None { get; } = new(null, 0);

    /// <summary>Null: neither empty nor of that form.</summary>
    public static CoordinatorFaults? TryParse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return None;
        string[] parts = text.Split(':');
        uint epoch = 0;
        bool good = Enum.TryParse(parts[0], out CoordinatorFault point) && Enum.IsDefined(point)
            && (parts.Length == 1 || uint.TryParse(parts[1], out epoch)) && parts is [_] or [_, _] or [_, _, "stop"];
        return good ? new CoordinatorFaults(point, epoch, Stops: parts.Length == 3) : null;
    }

    public void At(CoordinatorFault point, uint epoch)
    {
        if (Armed != point || epoch < Epoch) return;
        // What was sent before is on its way when it dies, as it mostly would be.
        Thread.Sleep(50);
        _ = Syscall.kill(Environment.ProcessId, Stops ? Signum.SIGSTOP : Signum.SIGKILL);
        if (!Stops) Thread.Sleep(Timeout.Infinite);
    }
}
