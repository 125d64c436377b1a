using Mana.Common.Errors;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>
/// The coordinator of a job without its sockets: who is there, which checkpoint is under way, who waits for one. Not thread-safe; time is what
/// <paramref name="clock"/> says, from any beginning.
/// </summary>
public sealed class JobCoordination(JobSettings settings, ICheckpointStore store, Action<int, Message> send, Func<TimeSpan> clock)
{
    private readonly RankRoster _ranks = new(settings.Ranks, settings.SameMoment);
    private readonly RequestList _requests = new();
    private readonly RestartProgress? _restart = settings.Restart is { } from ? new RestartProgress(from, settings, clock()) : null;
    private CheckpointAttempt? _attempt, _resuming;
    private uint _epoch = settings.LastEpoch;
    private bool _finalizing, _ended;

    /// <summary>Of MPI_COMM_WORLD; 0 until the first rank has come.</summary>
    public int Size => _ranks.Size;

    public IReadOnlyCollection<RankState> Ranks => _ranks.Here;

    public CheckpointOutcome? LastCheckpoint { get; private set; }

    /// <summary>The ranks were told to exit after a checkpoint.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Why a restart cannot be: the job is to be ended.</summary>
    public UserError? RestartError => _restart?.Error;

    /// <summary>
    /// The ranks that went before the job was ending, lost their connection or ended: those that aborted it, the first, and those of the same moment, whose order is
    /// not certain.
    /// </summary>
    public IReadOnlyList<RankState> Gone => _ranks.Gone;

    /// <summary>Of a launcher that ends with N both where signal N has ended a rank and where one has left with N: it is the former.</summary>
    public bool OnlySignalExplains(int code) => _ranks.OnlySignalExplains(code);

    /// <summary>Ranks that have not come, of as many as the first one said, or were asked for.</summary>
    public IReadOnlyList<int> Missing => _ranks.Missing;

    /// <summary>Who was refused last, and why: it may have been a rank.</summary>
    public IReadOnlyList<string> TurnedAway => _ranks.TurnedAway;

    /// <summary>For a person.</summary>
    public string State =>
        _ended ? "ended" : Stopped ? "stopping" : _attempt is { Stage: not Stage.Over } ? "checkpoint: " + _attempt.Stage.ToString().ToLowerInvariant()
        : _finalizing ? "finalizing" : IsRestarting ? "restarting" : _ranks.IsComplete ? "running" : _ranks.FirstGone is not null ? "incomplete" : "starting";

    private bool IsRestarting => _restart is { IsVerified: false };

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public TimeSpan Due
    {
        get
        {
            TimeSpan due = _attempt?.Due ?? _requests.FirstEnd;
            return _restart?.Due is { } restart && restart < due ? restart : due;
        }
    }

    /// <summary>A rank comes. Null: it is welcome, and was told; else why it is refused.</summary>
    public string? Join(HelloMessage hello)
    {
        if (hello.Size < 1 || hello.Rank < 0 || hello.Rank >= hello.Size) return $"there is no rank {hello.Rank} of {hello.Size}";
        _restart?.RequireSize(hello.Size);
        if (RestartError is not null) return RestartError.What;
        if (_ranks.WhyRefused(hello) is { } why) return why;
        RankState state = _ranks.Add(hello);
        _restart?.Joined(state, clock());
        send(hello.Rank, new WelcomeMessage(_epoch));
        BeginIfWanted();
        return null;
    }

    /// <summary>Somebody came and was refused.</summary>
    /// <param name="who">A rank, or an address.</param>
    /// <param name="why">As it was told.</param>
    public void TurnAway(string who, string why) => _ranks.TurnAway(who, why);

    public void Receive(int rank, Message message)
    {
        if (_ranks.Find(rank) is not { } state) return;
        if (message is FinalizingMessage) Finalizing();
        else if (message is AbortingMessage aborting) _ranks.MarkAborting(state, aborting.Code);
        else if (message is ExitingMessage exiting) state.ExitCode = exiting.Code;
        else if (message is FailedMessage && Stopped) Stopped = false; // it heard nothing for so long that it has gone on instead of leaving
        else if (message is RestoredMessage restored) Restored(state, restored);
        else if (message is RestartedMessage restarted) _restart?.Restarted(rank, restarted, clock());
        else if (message is ResumedMessage resumed) Resumed(rank, resumed);
        else if (_attempt is not null) _attempt.Receive(rank, message, clock());
        else if (message is WhereMessage where) state.Where = where;
        EndIfOver();
    }

    /// <summary>A rank's connection has ended.</summary>
    public void Lost(int rank)
    {
        if (_ranks.Remove(rank) is not { } state) return;
        _restart?.Lost(rank);
        if (_finalizing || Stopped) return;
        _ranks.MarkGone(state, clock());
        _restart?.LimitPatience(clock());
        _attempt?.GiveUp(CheckpointErrors.RankGone(rank, state.Hello.Host));
        EndIfOver();
        if (!IsRestarting) FailRequests(CheckpointErrors.Incomplete(rank));
    }

    /// <summary>Asks for a checkpoint: begins one, joins the one under way, or waits for the job to be ready.</summary>
    public void Ask(IRequester requester, bool stop, TimeSpan? limit)
    {
        if (Refusal() is { } error)
        {
            requester.Done(CheckpointOutcome.Failed(0, error));
            return;
        }
        Request request = new(requester, stop, clock() + (limit ?? settings.Timeout));
        if (_attempt is { IsLost: true })
        {
            _requests.AddForNext(request);
            return;
        }
        _requests.Add(request);
        if (_attempt is { } joined)
        {
            joined.Stop |= stop;
            joined.AllowUntil(request.End);
        }
        if (!_ranks.IsComplete) requester.Progress(CheckpointErrors.Waiting(Missing));
        else if (IsRestarting) requester.Progress(CheckpointErrors.WaitingForRestart);
        BeginIfWanted();
    }

    /// <summary>Somebody does not wait any more: if nobody else wants the job to stop, the checkpoint under way does not stop it.</summary>
    public void Withdraw(IRequester requester)
    {
        _requests.Withdraw(requester);
        if (_attempt is not null) _attempt.Stop = _requests.WantsStop;
    }

    /// <summary>Asks all ranks where they are; their answers come one by one.</summary>
    public void AskWhere()
    {
        foreach (RankState rank in Ranks)
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
            foreach (Request late in _requests.TakeLate(now))
                late.Requester.Done(CheckpointOutcome.Failed(0, _ranks.IsComplete ? CheckpointErrors.Restarting() : CheckpointErrors.Missing(Missing, Size, TurnedAway)));
        _restart?.Tick(now);
    }

    /// <summary>The launcher has ended: whoever waits is told.</summary>
    public void End()
    {
        _ended = true;
        _attempt?.GiveUp(CheckpointErrors.Ended());
        EndIfOver();
        FailRequests(CheckpointErrors.Ended());
        LogCheckpoint();
        _restart?.End();
    }

    private UserError? Refusal() =>
        _ended ? CheckpointErrors.Ended() : Stopped ? CheckpointErrors.Stopping() : _finalizing ? CheckpointErrors.Ending()
        : _ranks.FirstGone is { } gone ? CheckpointErrors.Incomplete(gone.Rank) : null;

    private void BeginIfWanted()
    {
        if (_attempt is not null || _requests.IsEmpty || !_ranks.IsComplete || IsRestarting) return;
        LogCheckpoint();
        TimeSpan now = clock();
        _attempt = new CheckpointAttempt(++_epoch, settings, store, [.. Ranks], _requests.LastEnd - now, now, send, _requests.Tell) { Stop = _requests.WantsStop };
    }

    private void Finalizing()
    {
        _finalizing = true;
        _attempt?.GiveUp(CheckpointErrors.Ending());
        EndIfOver();
        FailRequests(CheckpointErrors.Ending());
    }

    private void Restored(RankState rank, RestoredMessage said)
    {
        if (_restart is null || !_restart.Restored(rank, said, clock())) return;
        foreach (RankState each in Ranks) send(each.Rank, new GoMessage(_epoch));
        BeginIfWanted();
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

    private void EndIfOver()
    {
        if (_attempt?.Outcome is not { } outcome) return;
        (_resuming, _attempt) = (_attempt, null);
        if (!outcome.Committed || outcome.Stopped) LogCheckpoint();
        if (outcome.Committed) (LastCheckpoint, Stopped) = (outcome, outcome.Stopped);
        _requests.Answer(outcome);
        _requests.TakeNext();
        if (Refusal() is null) BeginIfWanted();
    }

    private void FailRequests(UserError error) => _requests.Answer(CheckpointOutcome.Failed(0, error));
}
