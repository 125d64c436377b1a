using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Protocol;
using Xunit;

namespace Mana.Tests.Coordination;

/// <summary>A coordinator without sockets: what it says to ranks is kept, the clock is turned by hand, checkpoints go nowhere.</summary>
internal sealed class FakeJob : ICheckpointStore, IRequester
{
    private readonly Dictionary<int, Queue<Message>> _said = [];
    private readonly Queue<HeldMessage> _held = [];

    /// <param name="ranks">How many come.</param>
    /// <param name="settings">Of the coordinator; null for the usual ones.</param>
    /// <param name="flags">Of their HELLO.</param>
    public FakeJob(int ranks, JobSettings? settings = null, uint flags = 0)
    {
        Core = new JobCoordination(settings ?? new JobSettings(), this, Heard, () => Now);
        for (int rank = 0; rank < ranks; rank++) Assert.Null(Core.Join(Hello(rank, ranks) with { Flags = flags }));
        foreach (Queue<Message> box in _said.Values) box.Clear();
    }

    public JobCoordination Core { get; }

    public TimeSpan Now { get; private set; }

    public List<CheckpointRecord> Committed { get; } = [];

    public List<uint> Discarded { get; } = [];

    public List<CheckpointOutcome> Outcomes { get; } = [];

    public List<string> Lines { get; } = [];

    /// <summary>Whether HOLD is a message like others; else all ranks answer it at once, unseen.</summary>
    public bool TellsOfHold { get; init; }

    public string? StoreFails { get; set; }

    /// <summary>Its folder cannot be synced.</summary>
    public string? AfterCommit { get; set; }

    /// <summary>Ends when older checkpoints are removed.</summary>
    public TaskCompletionSource<string?>? Tidying { get; set; }

    public CheckpointOutcome Outcome => Assert.Single(Outcomes);

    public static HelloMessage Hello(int rank, int size) => new(rank, size, 1000 + rank, "node", 0, 0);

    /// <summary>A checkpoint, in which the image of rank r has the checksum 100 + r.</summary>
    public static CheckpointRecord Record(uint epoch, int ranks) =>
        new(epoch, 0, TimeSpan.Zero, [.. Enumerable.Range(0, ranks).Select(r => new RankImage(r, "node", 100, 50, 100 + (ulong)r, 3))]);

    /// <summary>What an agent says that has found the image of <see cref="Record"/>.</summary>
    public static RestoredMessage Restored(uint epoch, int rank) => new(epoch, 100 + (ulong)rank, "");

    public static ClockId Id(int n) => new((ulong)n, 0);

    public static ClockValue Clock(int id, int value) => new(Id(id), (ulong)value);

    /// <summary>The next message to a rank; fails when it is of another kind, or there is none.</summary>
    public T Take<T>(int rank) where T : Message
    {
        Assert.True(Box(rank).TryDequeue(out Message? message), $"nothing was said to rank {rank}, expected {typeof(T).Name}");
        return Assert.IsType<T>(message, exactMatch: false);
    }

    public bool Silent(int rank) => Box(rank).Count == 0;

    public void TakeAll<T>() where T : Message
    {
        for (int rank = 0; rank < Core.Size; rank++) Take<T>(rank);
    }

    public void Say(int rank, Message message)
    {
        Core.Receive(rank, message);
        for (int r = 0; _held.TryDequeue(out HeldMessage? held); r++) Core.Receive(r, held);
    }

    /// <summary>What every agent says that has no collective to wait for, up to the last WROTE.</summary>
    public void RunToWrite()
    {
        Each(r => Say(r, new ClocksMessage(Epoch, [])));
        Each(r => Say(r, new ReachedMessage(Epoch, 1)));
        Each(r => Say(r, new ParkedMessage(Epoch, 1, 0, 0, 0)));
    }

    public void Wrote(int rank) => Wrote(rank, stored: 50);

    public void Wrote(int rank, ulong stored) => Say(rank, new WroteMessage(Epoch, 2 * stored, stored, 7, 3));

    public void Each(Action<int> what)
    {
        for (int rank = 0; rank < Core.Size; rank++) what(rank);
    }

    public uint Epoch { get; set; } = 1;

    public void Wait(double milliseconds)
    {
        Now += TimeSpan.FromMilliseconds(milliseconds);
        if (Now >= Core.Due) Core.Tick();
    }

    public string Begin(uint epoch) => StoreFails is { } why ? throw new IOException(why) : $"/ckpt/epoch-{epoch}";

    public CommittedCheckpoint Commit(CheckpointRecord record)
    {
        Committed.Add(record);
        return new CommittedCheckpoint($"/ckpt/epoch-{record.Epoch}", AfterCommit is null, AfterCommit);
    }

    public Task<string?> TidyAsync() => Tidying?.Task ?? Task.FromResult<string?>(null);

    public void Discard(uint epoch) => Discarded.Add(epoch);

    public void Progress(string line) => Lines.Add(line);

    public void Done(CheckpointOutcome outcome) => Outcomes.Add(outcome);

    private void Heard(int rank, Message message)
    {
        if (message is HoldMessage hold && !TellsOfHold) _held.Enqueue(new HeldMessage(hold.Epoch));
        else Box(rank).Enqueue(message);
    }

    private Queue<Message> Box(int rank)
    {
        if (!_said.TryGetValue(rank, out Queue<Message>? box)) _said[rank] = box = new Queue<Message>();
        return box;
    }
}
