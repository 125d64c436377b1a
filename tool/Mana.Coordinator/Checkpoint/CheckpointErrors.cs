using Mana.Common.Errors;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>Why there is no checkpoint; the job itself goes on in all these cases but the last ones.</summary>
public static class CheckpointErrors
{
    private const string GoesOn = "The job goes on; its previous checkpoint is untouched.";

    public static UserError Ending() => new("no checkpoint can be taken any more: the job is ending", "Nothing: the program is in MPI_Finalize.");

    public static UserError Ended() => new("the job ended before a checkpoint could be taken", "Nothing, if it had finished; else see what it said.");

    public static UserError Stopping() => new("the job stops after the checkpoint that was just taken", "Restart it: mana restart");

    public static UserError RankGone(int rank, string host) => new(
        $"rank {rank} has lost its connection, or ended: the checkpoint was given up", GoesOn, $"rank {rank} on {host}");

    /// <param name="gone">As <see cref="JobCoordination.Gone"/>, not empty.</param>
    /// <param name="checkpoint">The last one's folder.</param>
    /// <param name="launcherKills">By SIGKILL, as it ends a job: of ranks that went in the same moment, one that had a word left is the cause.</param>
    public static UserError Died(IReadOnlyList<RankState> gone, string? checkpoint, bool launcherKills)
    {
        RankState first = gone.OrderBy(r => launcherKills && r is { Aborting: null, ExitCode: null }).First();
        int[] along = [.. gone.Where(r => r != first).Select(r => r.Rank)];
        string how = first.ExitCode switch
        {
            null => "was ended by a signal, or lost,",
            RankState.Untold => "executed another program, or that one ended,",
            int code => $"ended, with exit code {code},",
        };
        string why = first.Aborting is { } error ? $"aborted it, with error code {error}"
            : how + " before the others" + (along.Length > 0 ? $" (or one that went in the same moment: rank {Ranks(along)})" : "");
        return new UserError(
            $"the job has ended because rank {first.Rank} {why}",
            checkpoint is null ? "See what it said; there is no checkpoint of this job." : "See what it said, and go on from the last checkpoint: mana restart " + checkpoint,
            $"rank {first.Rank} on {first.Hello.Host}");
    }

    public static UserError Incomplete(int rank) => new(
        $"no checkpoint can be taken: rank {rank} has lost its connection to mana, or ended", "The job goes on without checkpoints. If it hangs, end it and restart from the last one.");

    /// <param name="missing">Ranks.</param>
    /// <param name="size">0: nobody has come who knows.</param>
    /// <param name="turnedAway">Who was refused, and why.</param>
    public static UserError Missing(IReadOnlyCollection<int> missing, int size, IEnumerable<string> turnedAway) => new(
        size == 0 ? "no rank has initialized MPI in the time given" : $"only {size - missing.Count} of {size} ranks have initialized MPI in the time given",
        "Try again when the program has called MPI_Init on all ranks (a program without MPI cannot be checkpointed).\n" + Unheard,
        string.Join('\n', turnedAway.Select(TurnedAway).Prepend("missing: " + (missing.Count == 0 ? "all ranks" : "rank " + Ranks(missing)))));

    public static UserError Restarting() => new("the job is still being restarted: its ranks read and verify their images", "Try again when `mana status` says that it runs.");

    public const string WaitingForRestart = "waiting until the job is restarted: its ranks read and verify their images";

    /// <summary>Why a rank may be missing, and where that is said.</summary>
    public const string Unheard = "A rank that has called MPI_Init and is missing cannot read the job file, or not reach this host: then it has said so, among the job's own messages.";

    public static string TurnedAway(string line) => "turned away: " + line;

    public static string Waiting(IReadOnlyCollection<int> missing) =>
        missing.Count switch
        {
            0 => "waiting for the ranks to initialize MPI",
            1 => $"waiting for rank {Ranks(missing)} to initialize MPI",
            int many => $"waiting for {many} ranks to initialize MPI: rank {Ranks(missing)}",
        };

    public static UserError RankFailed(int rank, string host, string why) => new(
        $"rank {rank} cannot be checkpointed: {why}", GoesOn, $"rank {rank} on {host}");

    public static UserError Storing(string folder, string reason) => new(
        "the checkpoint cannot be stored: " + reason, GoesOn + "\nFree some space, or name another folder: --checkpoint-dir DIR", folder);

    public static string NotSynced(uint epoch, string reason) =>
        $"checkpoint {epoch} is committed, but its folder could not be synced, so older ones stay: {reason}";

    public static string NotTidied(uint epoch, string reason) =>
        $"checkpoint {epoch} is committed, but an older one could not be removed: {reason}";

    public static UserError HeldUp(TimeSpan limit, string what, string where) => new(
        $"the checkpoint was given up after {Duration(limit)}: {what}",
        GoesOn + "\nTry again later, or give it more time: --timeout 15m, of mana checkpoint, or of mana launch and restart for those by the clock or a signal", where);

    public static UserError NotRestored(int rank, string host, string why) => new(
        $"the job cannot be restarted: the image of rank {rank} is refused: {why}",
        "Restart from another checkpoint: mana images list shows them.", $"rank {rank} on {host}");

    public static UserError AnotherImage(int rank, string host, uint epoch, uint wanted) => new(
        $"the job cannot be restarted: rank-{rank}.img is not the image that was written for this checkpoint"
            + (epoch == wanted ? "" : $": it is of checkpoint {epoch}, the others are of {wanted}"),
        "Put the right file back; or restart from another checkpoint: mana images list shows them, mana images verify checks them.", $"rank {rank} on {host}");

    public static UserError RestartSize(int size, int wanted) => new(
        $"the job was started with {size} ranks, its checkpoint has {wanted}", $"Let the launcher start {wanted} ranks.");

    public static UserError RestartIncomplete(int joined, int size, string ranks) => new(
        $"the job cannot be restarted: {joined} of {size} ranks are ready", "See what the others said, and that all nodes can read the checkpoint's folder; or give them more time: --timeout 1h.", "missing: " + ranks);

    public static string Ranks(IEnumerable<int> ranks)
    {
        int[] all = [.. ranks.Order()];
        return string.Join(", ", all.Take(8)) + (all.Length > 8 ? $" and {all.Length - 8} more" : "");
    }

    public static string Duration(TimeSpan time) => time.TotalSeconds < 120 ? $"{time.TotalSeconds:0.#} s" : $"{time.TotalMinutes:0.#} min";

    /// <summary>What WHERE says, for a person.</summary>
    public static string Place(WhereMessage? where)
    {
        if (where is null) return "it does not answer";
        const string own = "in the program's own code";
        string call = CallNames.Of(where.Slot) + (where.Comm.Length == 0 ? "" : " on " + where.Comm)
            + (where.Milliseconds == 0 ? "" : " for " + Duration(TimeSpan.FromMilliseconds(where.Milliseconds)));
        return where.Where switch { 1 => "in " + call, 2 => "waits to enter " + call, 3 => "parked", 4 => $"{own}, another thread in {call}", _ => own };
    }
}
