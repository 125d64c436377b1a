using System.Runtime.InteropServices;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>A thread that waits at a gate: its collective would make the clock <paramref name="Sequence"/>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Gate(ulong Sequence, uint Slot);

/// <summary>
/// The targets of all collective clocks during one checkpoint. A clock's target is the largest value that a member has published, or was let through to; a
/// rank is there when it says so of the last targets it was sent.
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
    private int _unpublished = ranks;

    public bool AllPublished => _unpublished == 0;

    public bool Converged => AllPublished && Array.TrueForAll(_ranks, r => r.Sent > 0 && r.Reached == r.Sent);

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
            if (clock.Members.Add(rank)) own.Unsent.Add(id);
            own.Values[id] = value;
            if (value > clock.Target) Raise(id, clock, value);
        }
    }

    public void Wait(int rank, ClockId id, Gate gate)
    {
        // Its target may have been raised while this was under way.
        if (_clocks.TryGetValue(id, out Clock? clock) && clock.Target >= gate.Sequence) return;
        _ranks[rank].Gates[id] = gate;
    }

    public void Reach(int rank, uint version) => _ranks[rank].Reached = version;

    /// <summary>A rank that still advances may wait for something that one at a gate owes it: every gate lets one collective through.</summary>
    /// <returns>Whether anything was raised.</returns>
    public bool RaiseGates()
    {
        (ClockId Id, ulong Sequence)[] waiting = [.. _ranks.SelectMany(r => r.Gates.Select(g => (g.Key, g.Value.Sequence)))];
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
        for (int i = 0; i < _ranks.Length; i++)
        {
            Rank rank = _ranks[i];
            bool first = rank.Sent == 0;
            if (!first && rank.Unsent.Count == 0) continue;
            ClockValue[] clocks = [.. rank.Unsent.Where(id => !first || _clocks[id].Target > rank.Values[id]).Select(id => new ClockValue(id, _clocks[id].Target))];
            foreach (ClockValue clock in clocks)
                if (rank.Gates.TryGetValue(clock.Id, out Gate gate) && gate.Sequence <= clock.Value) rank.Gates.Remove(clock.Id);
            rank.Unsent.Clear();
            yield return (i, ++rank.Sent, clocks);
        }
    }

    private void Raise(ClockId id, Clock clock, ulong target)
    {
        clock.Target = target;
        foreach (int member in clock.Members)
            if (_ranks[member].Values[id] < target) _ranks[member].Unsent.Add(id);
    }
}
