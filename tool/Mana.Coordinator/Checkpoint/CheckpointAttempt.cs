using Mana.Common.Errors;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>One checkpoint, from intent to commit or abandonment. Pure: messages and time come in, messages and an outcome go out.</summary>
internal sealed class CheckpointAttempt
{
    private readonly JobSettings _settings;
    private readonly ICheckpointStore _store;
    private readonly IReadOnlyList<RankState> _ranks;
    private readonly JobProgress _progress;
    private readonly ClockTargets _targets;
    private readonly StageTimes _times;
    private readonly Action<int, Message> _send;
    private readonly Action<string> _say;
    private readonly TimeSpan _begun;
    private readonly GateTimer _gates;
    private TimeSpan _limit, _askedAt, _nextPulse;
    private int _resumed;
    private Stage _asked;

    public CheckpointAttempt(
        uint epoch, JobSettings settings, ICheckpointStore store, IReadOnlyList<RankState> ranks, TimeSpan limit, TimeSpan now, Action<int, Message> send, Action<string> say)
    {
        (Epoch, _settings, _store, _ranks, _limit, _begun, _send, _say) = (epoch, settings, store, ranks, limit, now, send, say);
        _gates = new GateTimer(settings.GatePatience);
        _nextPulse = now + settings.PulseEvery;
        _progress = new JobProgress(ranks.Count);
        _targets = new ClockTargets(ranks.Count);
        _times = StageTimes.OfCheckpoint(ranks);
        foreach (RankState rank in ranks) rank.Where = null;
        _say($"checkpoint {epoch}: waiting until no rank is inside a collective");
        settings.Faults.At(CoordinatorFault.BeforeIntent, epoch);
        SendAll(new IntentMessage(epoch, (uint)limit.TotalMilliseconds));
        settings.Faults.At(CoordinatorFault.AfterIntent, epoch);
    }

    public uint Epoch { get; }

    public Stage Stage { get; private set; } = Stage.Intent;

    public CheckpointOutcome? Outcome { get; private set; }

    /// <summary>For the log: whole when all ranks have resumed, or the job ends.</summary>
    public StageReport Report => new(
        $"checkpoint {Epoch} " + (Outcome is { Error: { } error } ? "given up: " + error.What : $"{(Stop ? "committed, and the job stopped," : "committed")} after {Outcome!.Elapsed.TotalSeconds:0.000} s"),
        _times);

    /// <summary>A rank runs on: the only word that counts after the attempt is over.</summary>
    /// <returns>Whether all have said so.</returns>
    public bool Resumed(int rank, TimeSpan now)
    {
        if (_times[rank, (int)CheckpointStep.Resumed] is not null) return false;
        Mark(rank, CheckpointStep.Resumed, now);
        return ++_resumed == _ranks.Count;
    }

    /// <summary>The job ends after the commit. May be set until then.</summary>
    public bool Stop { get; set; }

    /// <summary>Somebody has joined it who gives it time until then.</summary>
    public void AllowUntil(TimeSpan end) => _limit = end - _begun > _limit ? end - _begun : _limit;

    /// <summary>Its time is over: it can only be given up.</summary>
    public bool IsLost => Stage == Stage.Ask;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public TimeSpan Due => Stage switch
    {
        Stage.Over => TimeSpan.MaxValue,
        Stage.Ask => _askedAt + _settings.AskPatience,
        Stage.Converge when _targets.AnyAtGate => Min(_gates.Due, Min(_nextPulse, _begun + _limit)),
        _ => Min(_nextPulse, _begun + _limit),
    };

    public void Receive(int rank, Message message, TimeSpan now)
    {
        if (Stage == Stage.Over) return;
        _gates.Heard(now);
        switch (message)
        {
            case ClocksMessage m when m.Epoch == Epoch && Stage <= Stage.Converge:
                if (!_targets.HasPublished(rank)) Mark(rank, CheckpointStep.Clocks, now);
                _targets.Publish(rank, m.Clocks);
                break;
            case GatedMessage m when m.Epoch == Epoch && Stage == Stage.Converge:
                _targets.Wait(rank, new ClockId(m.Id0, m.Id1), new Gate(m.Seq, m.Slot));
                break;
            case ReachedMessage m when m.Epoch == Epoch && Stage == Stage.Converge:
                _targets.Reach(rank, m.TargetsVersion);
                Mark(rank, CheckpointStep.Reached, now);
                break;
            case HeldMessage m when m.Epoch == Epoch:
                _progress.Hold(rank);
                break;
            case ParkedMessage m when m.Epoch == Epoch:
                Mark(rank, CheckpointStep.Parked, now);
                _progress.Count(rank, m.Sent, m.Received, m.Collectives);
                _progress.Park(rank);
                break;
            case CountsMessage m when m.Epoch == Epoch:
                _progress.Count(rank, m.Sent, m.Received, m.Collectives);
                break;
            case WroteMessage m when m.Epoch == Epoch && Stage == Stage.Write:
                if (_progress.Write(rank, m)) _say($"checkpoint {Epoch}: {_progress.Written} of {_ranks.Count} images written, {_progress.Stored >> 20} MiB");
                Mark(rank, CheckpointStep.Wrote, now);
                break;
            case WhereMessage m:
                _ranks[rank].Where = m;
                if (Stage == Stage.Ask && _ranks.All(r => r.Where is not null)) GiveUp(HoldUp.Describe(_asked, _limit, _ranks, _progress, _targets));
                break;
            case FailedMessage m when m.Epoch == Epoch:
                GiveUp(CheckpointErrors.RankFailed(rank, _ranks[rank].Hello.Host, m.Why));
                break;
        }
        Advance(now);
    }

    public void Tick(TimeSpan now)
    {
        if (Stage == Stage.Over) return;
        if (Stage == Stage.Ask)
        {
            if (now >= _askedAt + _settings.AskPatience) GiveUp(HoldUp.Describe(_asked, _limit, _ranks, _progress, _targets));
            return;
        }
        if (now >= _begun + _limit)
        {
            (_asked, Stage, _askedAt) = (Stage, Stage.Ask, now);
            SendAll(new AskMessage(Epoch));
            return;
        }
        if (now >= _nextPulse)
        {
            _nextPulse = now + _settings.PulseEvery;
            SendAll(new PulseMessage(Epoch));
        }
        if (Stage != Stage.Converge || now < _gates.Due) return;
        bool raised = _targets.RaiseGates();
        _gates.Opened(now, raised);
        if (raised) SendTargets();
    }

    public void GiveUp(UserError error)
    {
        if (Stage == Stage.Over) return;
        Stage = Stage.Over;
        SendAll(new AbandonMessage(Epoch));
        _store.Discard(Epoch);
        Outcome = CheckpointOutcome.Failed(Epoch, error);
    }

    private void Mark(int rank, CheckpointStep step, TimeSpan now) => _times[rank, (int)step] = now - _begun;

    private void Advance(TimeSpan now)
    {
        if (Stage == Stage.Intent && _targets.AllPublished)
        {
            Stage = Stage.Converge;
            _gates.Begin(now);
        }
        if (Stage == Stage.Converge)
        {
            SendTargets();
            if (!_targets.Converged) return;
            Stage = Stage.Hold;
            _settings.Faults.At(CoordinatorFault.BeforeHold, Epoch);
            SendAll(new HoldMessage(Epoch));
            _settings.Faults.At(CoordinatorFault.AfterHold, Epoch);
        }
        if (Stage == Stage.Hold && _progress.IsHeld)
        {
            Stage = Stage.Drain;
            _say($"checkpoint {Epoch}: waiting until no message is in flight");
            _settings.Faults.At(CoordinatorFault.BeforePark, Epoch);
            SendAll(new ParkMessage(Epoch));
            _settings.Faults.At(CoordinatorFault.AfterPark, Epoch);
        }
        if (Stage == Stage.Drain && _progress.IsDrained) BeginWrite();
        if (Stage == Stage.Write && _progress.IsWritten) Commit(now);
    }

    private void BeginWrite()
    {
        try
        {
            string folder = _store.Begin(Epoch);
            Stage = Stage.Write;
            _say($"checkpoint {Epoch}: writing");
            _settings.Faults.At(CoordinatorFault.BeforeWrite, Epoch);
            SendAll(new WriteMessage(Epoch, folder, (uint)_settings.Compression, _settings.ReferenceFiles ? 1u : 0));
            _settings.Faults.At(CoordinatorFault.AfterWrite, Epoch);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GiveUp(CheckpointErrors.Storing("", e.Message));
        }
    }

    private void Commit(TimeSpan now)
    {
        RankImage[] images = [.. _ranks.Select((r, i) => ImageOf(r, _progress[i].Wrote!))];
        try
        {
            CommittedCheckpoint made = _store.Commit(new CheckpointRecord(Epoch, _ranks[0].Hello.ThreadLevel, now - _begun, images));
            _settings.Faults.At(CoordinatorFault.AfterRename, Epoch);
            End(made, images, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GiveUp(CheckpointErrors.Storing("", e.Message));
        }
    }

    /// <summary>Ranks run on before older checkpoints are removed, which may take long.</summary>
    private void End(CommittedCheckpoint made, RankImage[] images, TimeSpan now)
    {
        for (int i = 0; i < images.Length; i++) _ranks[i].LastImage = images[i];
        Stage = Stage.Over;
        SendAll(Stop ? new ExitMessage(Epoch) : new ResumeMessage(Epoch));
        Outcome = new CheckpointOutcome(Epoch, made.Folder, images.Aggregate(0UL, (sum, i) => sum + i.Stored), now - _begun, Stop, Error: null)
        {
            Warning = made.Warning is { } trouble ? CheckpointErrors.NotSynced(Epoch, trouble) : null,
            Tidied = made.IsSynced ? TidyAsync() : Task.FromResult<string?>(null),
        };
    }

    private async Task<string?> TidyAsync() => await _store.TidyAsync() is { } trouble ? CheckpointErrors.NotTidied(Epoch, trouble) : null;

    private static RankImage ImageOf(RankState rank, WroteMessage wrote) =>
        new(rank.Rank, rank.Hello.Host, wrote.Bytes, wrote.Stored, wrote.Checksum, wrote.Milliseconds);

    private void SendTargets()
    {
        foreach ((int rank, uint version, IReadOnlyList<ClockValue> clocks) in _targets.TakeUnsent()) _send(rank, new TargetsMessage(Epoch, version, clocks));
    }

    private void SendAll(Message message)
    {
        for (int i = 0; i < _ranks.Count; i++) _send(i, message);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
