using Mana.Common.Errors;

namespace Mana.Coordinator.Checkpoint;

/// <summary>Who held a checkpoint up at the stage where its time was over, and where that one is.</summary>
internal static class HoldUp
{
    /// <summary>So many ranks are told of.</summary>
    private const int Described = 4;

    public static UserError Describe(Stage stage, TimeSpan limit, IReadOnlyList<RankState> all, JobProgress progress, ClockTargets targets)
    {
        int[] late = [.. Enumerable.Range(0, all.Count).Where(r => IsLate(stage, r, progress, targets))];
        if (late.Length == 0) return CheckpointErrors.HeldUp(limit, $"{progress.InFlight} messages are still in flight", "");
        // One that waits at a gate or in a call waits for somebody: name those first who do not, and before them any that does not even answer.
        RankState[] slowest = [.. late.Select(r => all[r]).OrderBy(r => r.Where is not null).ThenBy(r => targets.GateOf(r.Rank) is not null).ThenBy(r => r.Where is { Where: 1 })];
        RankState first = slowest[0];
        return CheckpointErrors.HeldUp(
            limit,
            $"rank {first.Rank} {What(stage, progress[first.Rank])}" + (late.Length > 1 ? $" (and {late.Length - 1} more: {CheckpointErrors.Ranks(late.Where(r => r != first.Rank))})" : ""),
            string.Join('\n', slowest.Take(Described).Select(r => $"rank {r.Rank} on {r.Hello.Host}, {CheckpointErrors.Place(r.Where)}")));
    }

    private static bool IsLate(Stage stage, int rank, JobProgress progress, ClockTargets targets) => stage switch
    {
        Stage.Intent => !targets.HasPublished(rank),
        Stage.Converge => !targets.IsThere(rank),
        Stage.Hold => !progress[rank].Held,
        Stage.Drain when !progress.IsParked => !progress[rank].Parked,
        Stage.Drain => progress[rank].Collectives > 0,
        _ => progress[rank].Wrote is null,
    };

    private static string What(Stage stage, RankProgress rank) => stage switch
    {
        Stage.Intent or Stage.Hold => "did not answer",
        Stage.Converge => "did not come to where all ranks can stop",
        Stage.Drain when !rank.Parked => "could not be stopped",
        Stage.Drain => "has a nonblocking collective that does not end",
        _ => "did not finish writing its image",
    };
}
