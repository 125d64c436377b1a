using Mana.Common.Errors;

namespace Mana.Coordinator.Checkpoint;

/// <summary>Checkpoints that are taken by the clock may all fail for a reason that lasts. It is told once, and again only after one that was committed.</summary>
public sealed class RecurringError
{
    /// <summary>One of many is not missed when the job is at its end.</summary>
    private static readonly UserError[] s_ends = [CheckpointErrors.Ending(), CheckpointErrors.Ended(), CheckpointErrors.Stopping()];

    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Null: nothing failed, or what failed was told before.</summary>
    public UserError? ToTell(CheckpointOutcome outcome)
    {
        if (outcome.Committed) _told.Clear();
        return outcome.Error is { } error && !s_ends.Contains(error) && _told.Add(Reason(error)) ? error with { ToDo = error.ToDo + "\nIt is tried again at each interval; this is not said again." } : null;
    }

    /// <summary>Ranks, times and sizes change from one checkpoint to the next, the reason does not.</summary>
    private static string Reason(UserError error) => string.Concat(error.What.Where(c => !char.IsAsciiDigit(c)));
}
