using Mana.Common.Errors;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>How far a restart is: whose image is good, why it cannot be, and when each rank did what. Pure, as <see cref="CheckpointAttempt"/>.</summary>
/// <param name="from">The checkpoint, as its manifest has it.</param>
/// <param name="settings">Of the job.</param>
/// <param name="begun">Now.</param>
internal sealed class RestartProgress(CheckpointRecord from, JobSettings settings, TimeSpan begun)
{
    private readonly HashSet<int> _verified = [];
    private TimeSpan _limit = begun + settings.RestartTimeout;
    private int _running;

    /// <summary>Null: they are in the log.</summary>
    private StageTimes? _times = StageTimes.OfRestart(from.Images.Count);

    /// <summary>All ranks had good images at one moment: they were told to go on, and that is not taken back.</summary>
    public bool IsVerified { get; private set; }

    /// <summary>Why it cannot be.</summary>
    public UserError? Error { get; private set; }

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public TimeSpan Due => IsVerified || Error is not null ? TimeSpan.MaxValue : _limit;

    /// <summary>A job of another size cannot go on from this checkpoint.</summary>
    public void RequireSize(int size)
    {
        if (size != from.Images.Count) Error ??= CheckpointErrors.RestartSize(size, from.Images.Count);
    }

    public void Joined(RankState rank, TimeSpan now)
    {
        _times?.Add(rank);
        Mark(rank.Rank, RestartStep.Connected, now);
    }

    public void Lost(int rank) => _verified.Remove(rank);

    /// <summary>A rank was lost though the job was not ending.</summary>
    public void LimitPatience(TimeSpan now)
    {
        if (!IsVerified && now + settings.LostPatience < _limit) _limit = now + settings.LostPatience;
    }

    /// <summary>A rank says whether its image is good.</summary>
    /// <returns>Whether all are to go on.</returns>
    public bool Restored(RankState rank, RestoredMessage said, TimeSpan now)
    {
        if (IsVerified) return false;
        bool good = said.Why.Length == 0;
        if (good) _verified.Add(rank.Rank);
        else _verified.Remove(rank.Rank);
        Mark(rank.Rank, RestartStep.Verified, now);
        if (!good) Error ??= CheckpointErrors.NotRestored(rank.Rank, rank.Hello.Host, said.Why);
        else if (said.Epoch != from.Epoch || said.Checksum != from.Images[rank.Rank].Checksum)
            Error ??= CheckpointErrors.AnotherImage(rank.Rank, rank.Hello.Host, said.Epoch, from.Epoch);
        return IsVerified = Error is null && _verified.Count == from.Images.Count;
    }

    /// <summary>A rank's threads run.</summary>
    public void Restarted(int rank, RestartedMessage said, TimeSpan now)
    {
        Mark(rank, RestartStep.Running, now);
        foreach ((RestartStep part, ulong microseconds) in ((RestartStep, ulong)[])
            [(RestartStep.Init, said.Init), (RestartStep.Verify, said.Verify), (RestartStep.Map, said.Map), (RestartStep.Objects, said.Objects), (RestartStep.Total, said.Total)])
            Mark(rank, part, TimeSpan.FromMicroseconds(microseconds));
        if (++_running == from.Images.Count) Log($"restarted from checkpoint {from.Epoch}");
    }

    public void Tick(TimeSpan now)
    {
        if (now < Due) return;
        int[] missing = [.. Enumerable.Range(0, from.Images.Count).Where(r => !_verified.Contains(r))];
        Error = CheckpointErrors.RestartIncomplete(_verified.Count, from.Images.Count, CheckpointErrors.Ranks(missing));
    }

    /// <summary>The job has ended: what is known goes into the log.</summary>
    public void End() => Log(Error is null ? "restart ended" : "restart given up: " + Error.What);

    private void Mark(int rank, RestartStep step, TimeSpan time)
    {
        if (_times is { } times) times[rank, (int)step] = time;
    }

    private void Log(string title)
    {
        if (_times is { } times) settings.Log(new StageReport(title, times));
        _times = null;
    }
}
