namespace Mana.Coordinator.Checkpoint;

/// <summary>Who wants a checkpoint, and until when.</summary>
/// <param name="Requester">Who is told.</param>
/// <param name="Stop">The job is to end after it.</param>
/// <param name="End">He waits until then.</param>
internal sealed record Request(IRequester Requester, bool Stop, TimeSpan End);

/// <summary>Those who wait for the checkpoint under way, or for one to begin.</summary>
internal sealed class RequestList
{
    private readonly List<Request> _all = [];

    /// <summary>They came when the checkpoint under way was lost already: they get one of their own.</summary>
    private readonly List<Request> _next = [];

    public bool IsEmpty => _all.Count == 0;

    public bool WantsStop => _all.Exists(r => r.Stop);

    /// <summary>When the first does not wait any more.</summary>
    public TimeSpan FirstEnd => IsEmpty ? TimeSpan.MaxValue : _all.Min(r => r.End);

    /// <summary>When nobody does. Of a list that is not empty.</summary>
    public TimeSpan LastEnd => _all.Max(r => r.End);

    public void Add(Request request) => _all.Add(request);

    public void AddForNext(Request request) => _next.Add(request);

    /// <summary>The checkpoint under way is over.</summary>
    public void TakeNext()
    {
        _all.AddRange(_next);
        _next.Clear();
    }

    public void Withdraw(IRequester requester)
    {
        _next.RemoveAll(r => ReferenceEquals(r.Requester, requester));
        _all.RemoveAll(r => ReferenceEquals(r.Requester, requester));
    }

    /// <summary>Takes out who does not wait any more.</summary>
    public IReadOnlyList<Request> TakeLate(TimeSpan now)
    {
        Request[] late = [.. _all.Where(r => now >= r.End)];
        _all.RemoveAll(r => now >= r.End);
        return late;
    }

    /// <summary>A requester may ask again at once: the list is emptied first.</summary>
    public void Answer(CheckpointOutcome outcome)
    {
        Request[] all = [.. _all];
        _all.Clear();
        foreach (Request request in all) request.Requester.Done(outcome);
    }

    public void Tell(string line)
    {
        foreach (Request request in _all) request.Requester.Progress(line);
    }
}
