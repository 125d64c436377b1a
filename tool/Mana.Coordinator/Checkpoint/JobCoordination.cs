using Mana.Common.Errors;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>
/// The coordinator of a job without its sockets: who is there, which checkpoint is under way, who waits for one. Not thread-safe; time is what
/// <paramref name="clock"/> says, from any beginning.
/// </summary>
public sealed class JobCoordination(JobSettings settings, ICheckpointStore store, Action<int, Message> send, Func<TimeSpan> clock)
{
    private sealed record Request(IRequester Requester, bool Stop, TimeSpan Limit, TimeSpan Since);

    private readonly SortedDictionary<int, RankState> _ranks = [];
    private readonly List<Request> _requests = [];

    /// <summary>That came when the checkpoint under way was lost already: they get one of their own.</summary>
    private readonly List<Request> _next = [];
    private readonly List<RankState> _gone = [], _aborting = [];
    private readonly List<string> _turnedAway = [];
    private CheckpointAttempt? _attempt, _resuming;
    private StageTimes? _restart = settings.Restart is { } from ? StageTimes.OfRestart(from.Images.Count) : null;
    private int _running, _ready;
    private uint _epoch = settings.LastEpoch;
    private bool _finalizing, _ended, _restored = settings.Restart is null;
    private TimeSpan _restartLimit = clock() + settings.RestartTimeout, _goneAt;

    /// <summary>Of MPI_COMM_WORLD; 0 until the first rank has come.</summary>
    public int Size { get; private set; }

    public IReadOnlyCollection<RankState> Ranks => _ranks.Values;

    public CheckpointOutcome? LastCheckpoint { get; private set; }

    /// <summary>The ranks were told to exit after a checkpoint.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Why a restart cannot be: the job is to be ended.</summary>
    public UserError? RestartError { get; private set; }

    /// <summary>
    /// The ranks that went before the job was ending, lost their connection or ended: those that aborted it, the first, and those of the same moment, whose order is
    /// not certain.
    /// </summary>
    public IReadOnlyList<RankState> Gone => [.. _aborting, .. _gone.Except(_aborting)];

    /// <summary>Ranks that have not come, of as many as the first one said, or were asked for.</summary>
    public IReadOnlyList<int> Missing =>
        [.. Enumerable.Range(0, Size > 0 ? Size : settings.Ranks).Where(r => !_ranks.ContainsKey(r) && !_gone.Exists(g => g.Rank == r))];

    /// <summary>Who was refused last, and why: it may have been a rank.</summary>
    public IReadOnlyList<string> TurnedAway => _turnedAway;

    /// <summary>For a person.</summary>
    public string State =>
        _ended ? "ended" : Stopped ? "stopping" : _attempt is { Stage: not Stage.Over } ? "checkpoint: " + _attempt.Stage.ToString().ToLowerInvariant()
        : _finalizing ? "finalizing" : !_restored ? "restarting" : IsComplete ? "running" : _gone.Count > 0 ? "incomplete" : "starting";

    private bool IsComplete => Size > 0 && _ranks.Count == Size && _gone.Count == 0;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public TimeSpan Due
    {
        get
        {
            TimeSpan due = _attempt?.Due ?? (_requests.Count > 0 ? _requests.Min(r => r.Since + r.Limit) : TimeSpan.MaxValue);
            return !_restored && RestartError is null && _restartLimit < due ? _restartLimit : due;
        }
    }

    /// <summary>A rank comes. Null: it is welcome, and was told; else why it is refused.</summary>
    public string? Join(HelloMessage hello)
    {
        if (hello.Size < 1 || hello.Rank < 0 || hello.Rank >= hello.Size) return $"there is no rank {hello.Rank} of {hello.Size}";
        if (settings.Restart is { } from && hello.Size != from.Images.Count) RestartError ??= CheckpointErrors.RestartSize(hello.Size, from.Images.Count);
        if (RestartError is not null) return RestartError.What;
        if (Size != 0 && hello.Size != Size) return $"this job has {Size} ranks, not {hello.Size}";
        if (_ranks.ContainsKey(hello.Rank)) return $"rank {hello.Rank} is here already";
        if (_gone.Exists(r => r.Rank == hello.Rank)) return $"rank {hello.Rank} was here before";
        Size = hello.Size;
        RankState state = new(hello);
        _ranks.Add(hello.Rank, state);
        _restart?.Add(state);
        MarkRestart(hello.Rank, RestartStep.Connected, clock());
        send(hello.Rank, new WelcomeMessage(_epoch));
        BeginIfWanted();
        return null;
    }

    /// <summary>Somebody came and was refused.</summary>
    /// <param name="who">A rank, or an address.</param>
    /// <param name="why">As it was told.</param>
    public void TurnAway(string who, string why)
    {
        const int longest = 8;
        string line = $"{who}: {why}";
        _turnedAway.Remove(line);
        _turnedAway.Add(line);
        if (_turnedAway.Count > longest) _turnedAway.RemoveAt(0);
    }

    public void Receive(int rank, Message message)
    {
        if (!_ranks.TryGetValue(rank, out RankState? state)) return;
        if (message is FinalizingMessage) Finalizing();
        else if (message is AbortingMessage aborting) Aborting(state, aborting.Code);
        else if (message is RestoredMessage restored) Restored(state, restored);
        else if (message is RestartedMessage restarted) Restarted(rank, restarted);
        else if (message is ResumedMessage resumed) Resumed(rank, resumed);
        else if (_attempt is not null) _attempt.Receive(rank, message, clock());
        else if (message is WhereMessage where) state.Where = where;
        EndIfOver();
    }

    /// <summary>A rank's connection has ended.</summary>
    public void Lost(int rank)
    {
        if (!_ranks.Remove(rank, out RankState? state)) return;
        if (state.Restored) _ready--;
        if (_finalizing || Stopped) return;
        if (_gone.Count == 0) _goneAt = clock();
        if (clock() - _goneAt < settings.SameMoment) _gone.Add(state);
        if (!_restored && clock() + settings.LostPatience < _restartLimit) _restartLimit = clock() + settings.LostPatience;
        _attempt?.GiveUp(CheckpointErrors.RankGone(rank, state.Hello.Host));
        EndIfOver();
        if (_restored) FailRequests(CheckpointErrors.Incomplete(rank));
    }

    /// <summary>Asks for a checkpoint: begins one, joins the one under way, or waits for the job to be ready.</summary>
    public void Ask(IRequester requester, bool stop, TimeSpan? limit)
    {
        if (Refusal() is { } error)
        {
            requester.Done(CheckpointOutcome.Failed(0, error));
            return;
        }
        Request request = new(requester, stop, limit ?? settings.Timeout, clock());
        if (_attempt is { IsLost: true })
        {
            _next.Add(request);
            return;
        }
        _requests.Add(request);
        if (_attempt is { } joined)
        {
            joined.Stop |= stop;
            joined.AllowUntil(request.Since + request.Limit);
        }
        if (!IsComplete) requester.Progress(CheckpointErrors.Waiting(Missing));
        else if (!_restored) requester.Progress(CheckpointErrors.WaitingForRestart);
        BeginIfWanted();
    }

    /// <summary>Somebody does not wait any more: if nobody else wants the job to stop, the checkpoint under way does not stop it.</summary>
    public void Withdraw(IRequester requester)
    {
        _next.RemoveAll(r => ReferenceEquals(r.Requester, requester));
        _requests.RemoveAll(r => ReferenceEquals(r.Requester, requester));
        if (_attempt is not null) _attempt.Stop = _requests.Exists(r => r.Stop);
    }

    /// <summary>Asks all ranks where they are; their answers come one by one.</summary>
    public void AskWhere()
    {
        foreach (RankState rank in _ranks.Values)
        {
            rank.Where = null;
            send(rank.Rank, new AskMessage(_epoch));
        }
    }

    public void Tick()
    {
        TimeSpan now = clock();
        _attempt?.Tick(now);
        EndIfOver();
        if (_attempt is null)
            foreach (Request late in _requests.Where(r => now >= r.Since + r.Limit).ToArray())
            {
                _requests.Remove(late);
                late.Requester.Done(CheckpointOutcome.Failed(0, IsComplete ? CheckpointErrors.Restarting() : CheckpointErrors.Missing(Missing, Size, TurnedAway)));
            }
        if (!_restored && RestartError is null && now >= _restartLimit) RestartError = Unrestored(settings.Restart!.Images.Count);
    }

    /// <summary>The launcher has ended: whoever waits is told.</summary>
    public void End()
    {
        _ended = true;
        _attempt?.GiveUp(CheckpointErrors.Ended());
        EndIfOver();
        FailRequests(CheckpointErrors.Ended());
        LogCheckpoint();
        LogRestart(RestartError is null ? "restart ended" : "restart given up: " + RestartError.What);
    }

    private UserError? Refusal() =>
        _ended ? CheckpointErrors.Ended() : Stopped ? CheckpointErrors.Stopping() : _finalizing ? CheckpointErrors.Ending()
        : _gone is [{ } gone, ..] ? CheckpointErrors.Incomplete(gone.Rank) : null;

    private void BeginIfWanted()
    {
        if (_attempt is not null || _requests.Count == 0 || !IsComplete || !_restored) return;
        LogCheckpoint();
        TimeSpan now = clock(), limit = _requests.Max(r => r.Since + r.Limit - now);
        _attempt = new CheckpointAttempt(++_epoch, settings, store, [.. _ranks.Values], limit, now, send, Say) { Stop = _requests.Exists(r => r.Stop) };
    }

    private void Finalizing()
    {
        _finalizing = true;
        _attempt?.GiveUp(CheckpointErrors.Ending());
        EndIfOver();
        FailRequests(CheckpointErrors.Ending());
    }

    private void Aborting(RankState rank, int code)
    {
        if (rank.Aborting is null) _aborting.Add(rank);
        rank.Aborting = code;
    }

    private void Restored(RankState rank, RestoredMessage said)
    {
        if (_restored || settings.Restart is not { } from) return;
        if (rank.Restored) _ready--;
        rank.Restored = said.Why.Length == 0;
        if (rank.Restored) _ready++;
        MarkRestart(rank.Rank, RestartStep.Verified, clock());
        if (!rank.Restored) RestartError ??= CheckpointErrors.NotRestored(rank.Rank, rank.Hello.Host, said.Why);
        else if (said.Epoch != from.Epoch || said.Checksum != from.Images[rank.Rank].Checksum)
            RestartError ??= CheckpointErrors.AnotherImage(rank.Rank, rank.Hello.Host, said.Epoch, from.Epoch);
        if (RestartError is not null || _ready != from.Images.Count) return;
        _restored = true;
        foreach (int each in _ranks.Keys) send(each, new GoMessage(_epoch));
        BeginIfWanted();
    }

    private void Restarted(int rank, RestartedMessage said)
    {
        if (settings.Restart is not { } from) return;
        MarkRestart(rank, RestartStep.Running, clock());
        foreach ((RestartStep part, ulong microseconds) in ((RestartStep, ulong)[])
            [(RestartStep.Init, said.Init), (RestartStep.Verify, said.Verify), (RestartStep.Map, said.Map), (RestartStep.Objects, said.Objects), (RestartStep.Total, said.Total)])
            MarkRestart(rank, part, TimeSpan.FromMicroseconds(microseconds));
        if (++_running == from.Images.Count) LogRestart($"restarted from checkpoint {from.Epoch}");
    }

    private void MarkRestart(int rank, RestartStep step, TimeSpan time)
    {
        if (_restart is { } times) times[rank, (int)step] = time;
    }

    private void LogRestart(string title)
    {
        if (_restart is { } times) settings.Log(new StageReport(title, times));
        _restart = null;
    }

    private void Resumed(int rank, ResumedMessage said)
    {
        if (_resuming is { } last && last.Epoch == said.Epoch && last.Resumed(rank, clock())) LogCheckpoint();
    }

    private void LogCheckpoint()
    {
        if (_resuming is { } last) settings.Log(last.Report);
        _resuming = null;
    }

    private UserError Unrestored(int size)
    {
        int[] missing = [.. Enumerable.Range(0, size).Where(r => !_ranks.TryGetValue(r, out RankState? s) || !s.Restored)];
        return CheckpointErrors.RestartIncomplete(size - missing.Length, size, CheckpointErrors.Ranks(missing));
    }

    private void EndIfOver()
    {
        if (_attempt?.Outcome is not { } outcome) return;
        (_resuming, _attempt) = (_attempt, null);
        if (!outcome.Committed || outcome.Stopped) LogCheckpoint();
        if (outcome.Committed) (LastCheckpoint, Stopped) = (outcome, outcome.Stopped);
        Answer(_ => outcome);
        _requests.AddRange(_next);
        _next.Clear();
        if (Refusal() is null) BeginIfWanted();
    }

    private void FailRequests(UserError error) => Answer(_ => CheckpointOutcome.Failed(0, error));

    /// <summary>A requester may ask again at once: the list is emptied first.</summary>
    private void Answer(Func<Request, CheckpointOutcome> outcome)
    {
        Request[] all = [.. _requests];
        _requests.Clear();
        foreach (Request request in all) request.Requester.Done(outcome(request));
    }

    private void Say(string line)
    {
        foreach (Request request in _requests) request.Requester.Progress(line);
    }
}
