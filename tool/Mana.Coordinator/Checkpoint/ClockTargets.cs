using System.Runtime.InteropServices;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>A thread that waits at a gate: its collective would make the clock <paramref name="Sequence"/>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Gate(ulong Sequence, uint Slot);

/// <summary>
/// The targets of all collective clocks during one checkpoint. A clock's target is the largest value that a member has published, or was let through to; a
/// rank is there when it says so of the last targets it was sent. Jobs are large: no word of a rank is answered by looking at all ranks.
/// </summary>
public sealed class ClockTargets(int ranks)
{
    private sealed class Clock
    {
        public ulong Target;
        public readonly HashSet<int> Members = [];
    }

    private sealed class Rank
    {
        public bool Published;
        public uint Sent, Reached;
        public readonly Dictionary<ClockId, ulong> Values = [];
        public readonly HashSet<ClockId> Unsent = [];
        public readonly Dictionary<ClockId, Gate> Gates = [];
    }

    private readonly Dictionary<ClockId, Clock> _clocks = [];
    private readonly Rank[] _ranks = [.. Enumerable.Range(0, ranks).Select(_ => new Rank())];
    private readonly SortedSet<int> _toBeTold = [.. Enumerable.Range(0, ranks)], _atGates = [];
    private int _unpublished = ranks, _there;

    public bool AllPublished => _unpublished == 0;

    public bool Converged => AllPublished && _there == _ranks.Length;

    /// <summary>A rank waits for a target that is not yet.</summary>
    public bool AnyAtGate => _atGates.Any(r => GateOf(r) is not null);

    public bool HasPublished(int rank) => _ranks[rank].Published;

    public bool IsThere(int rank) => _ranks[rank].Sent > 0 && _ranks[rank].Reached == _ranks[rank].Sent;

    /// <summary>The call at whose gate a rank waits; null for none.</summary>
    public uint? GateOf(int rank)
    {
        foreach ((ClockId id, Gate gate) in _ranks[rank].Gates)
            if (_clocks.TryGetValue(id, out Clock? clock) && clock.Target < gate.Sequence) return gate.Slot;
        return null;
    }

    public void Publish(int rank, IEnumerable<ClockValue> values)
    {
        Rank own = _ranks[rank];
        if (!own.Published) _unpublished--;
        own.Published = true;
        foreach ((ClockId id, ulong value) in values)
        {
            if (!_clocks.TryGetValue(id, out Clock? clock)) _clocks[id] = clock = new Clock();
            if (clock.Members.Add(rank)) Tell(rank, id);
            own.Values[id] = value;
            if (value > clock.Target) Raise(id, clock, value);
        }
    }

    public void Wait(int rank, ClockId id, Gate gate)
    {
        // Its target may have been raised while this was under way.
        if (_clocks.TryGetValue(id, out Clock? clock) && clock.Target >= gate.Sequence) return;
        _ranks[rank].Gates[id] = gate;
        _atGates.Add(rank);
    }

    public void Reach(int rank, uint version)
    {
        if (IsThere(rank)) _there--;
        _ranks[rank].Reached = version;
        if (IsThere(rank)) _there++;
    }

    /// <summary>A rank that still advances may wait for something that one at a gate owes it: every gate lets one collective through.</summary>
    /// <returns>Whether anything was raised.</returns>
    public bool RaiseGates()
    {
        (ClockId Id, ulong Sequence)[] waiting = [.. _atGates.SelectMany(r => _ranks[r].Gates.Select(g => (g.Key, g.Value.Sequence)))];
        bool raised = false;
        foreach ((ClockId id, ulong sequence) in waiting)
        {
            if (!_clocks.TryGetValue(id, out Clock? clock) || clock.Target >= sequence) continue;
            Raise(id, clock, sequence);
            raised = true;
        }
        return raised;
    }

    /// <summary>What is to be sent now, to whom; nothing before all have published, and to all the first time.</summary>
    public IEnumerable<(int Rank, uint Version, IReadOnlyList<ClockValue> Clocks)> TakeUnsent()
    {
        if (!AllPublished) yield break;
        if (_toBeTold.Count == 0) yield break;
        int[] told = [.. _toBeTold];
        _toBeTold.Clear();
        foreach (int i in told)
        {
            Rank rank = _ranks[i];
            if (IsThere(i)) _there--;
            ClockValue[] clocks = [.. rank.Sent == 0 ? First(rank) : rank.Unsent.Select(id => new ClockValue(id, _clocks[id].Target))];
            foreach (ClockValue clock in clocks)
                if (rank.Gates.TryGetValue(clock.Id, out Gate gate) && gate.Sequence <= clock.Value) rank.Gates.Remove(clock.Id);
            if (rank.Gates.Count == 0) _atGates.Remove(i);
            rank.Unsent.Clear();
            yield return (i, ++rank.Sent, clocks);
        }
    }

    private IEnumerable<ClockValue> First(Rank rank) =>
        rank.Values.Where(v => _clocks[v.Key].Target > v.Value).Select(v => new ClockValue(v.Key, _clocks[v.Key].Target));

    /// <summary>Until all have published, everybody is to be told anyway.</summary>
    private void Tell(int rank, ClockId id)
    {
        if (_ranks[rank].Sent == 0) return;
        _ranks[rank].Unsent.Add(id);
        _toBeTold.Add(rank);
    }

    private void Raise(ClockId id, Clock clock, ulong target)
    {
        clock.Target = target;
        if (!AllPublished) return;
        foreach (int member in clock.Members)
            if (_ranks[member].Values[id] < target) Tell(member, id);
    }
}
