using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>What one rank has said during one checkpoint.</summary>
internal sealed class RankProgress
{
    public bool Held { get; set; }

    public bool Parked { get; set; }

    public ulong Sent { get; set; }

    public ulong Received { get; set; }

    public ulong Collectives { get; set; }

    public WroteMessage? Wrote { get; set; }
}

/// <summary>What all ranks have said during one checkpoint. It is asked after each word of a rank, so sums are kept, not made.</summary>
internal sealed class JobProgress(int ranks)
{
    private readonly RankProgress[] _ranks = [.. Enumerable.Range(0, ranks).Select(_ => new RankProgress())];
    private const int Reports = 10;
    private int _held, _parked, _inCollectives;
    private ulong _inFlight;

    public RankProgress this[int rank] => _ranks[rank];

    public bool IsHeld => _held == _ranks.Length;

    public bool IsParked => _parked == _ranks.Length;

    /// <summary>All stand still, and nothing is under way between them.</summary>
    public bool IsDrained => IsParked && _inCollectives == 0 && InFlight == 0;

    public bool IsWritten => Written == _ranks.Length;

    /// <summary>Images that are on disk.</summary>
    public int Written { get; private set; }

    /// <summary>Bytes of these.</summary>
    public ulong Stored { get; private set; }

    /// <summary>Messages that were sent and not received; below zero only while ranks still run, whose words are of different moments.</summary>
    public long InFlight => (long)_inFlight;

    public void Hold(int rank)
    {
        if (!_ranks[rank].Held) _held++;
        _ranks[rank].Held = true;
    }

    public void Park(int rank)
    {
        if (!_ranks[rank].Parked) _parked++;
        _ranks[rank].Parked = true;
    }

    public void Count(int rank, ulong sent, ulong received, ulong collectives)
    {
        RankProgress own = _ranks[rank];
        _inFlight += sent - own.Sent - (received - own.Received);
        _inCollectives += (collectives > 0 ? 1 : 0) - (own.Collectives > 0 ? 1 : 0);
        (own.Sent, own.Received, own.Collectives) = (sent, received, collectives);
    }

    /// <returns>Whether to tell of it: ten times in all, or of each rank where there are fewer.</returns>
    public bool Write(int rank, WroteMessage message)
    {
        if (_ranks[rank].Wrote is not null) return false;
        _ranks[rank].Wrote = message;
        Stored += message.Stored;
        long before = (long)Written++ * Reports / _ranks.Length;
        return (long)Written * Reports / _ranks.Length > before;
    }
}
