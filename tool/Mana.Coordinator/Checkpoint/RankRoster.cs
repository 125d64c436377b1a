using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>Which ranks of a job are here, which are missing, which have gone, and who was turned away.</summary>
/// <param name="expected">How many were asked for; 0 where nobody knows.</param>
/// <param name="sameMoment">As in <see cref="JobSettings"/>.</param>
internal sealed class RankRoster(int expected, TimeSpan sameMoment)
{
    private readonly SortedDictionary<int, RankState> _here = [];
    private readonly List<RankState> _left = [], _gone = [], _aborting = [];
    private readonly List<string> _turnedAway = [];
    private TimeSpan _goneAt;

    public int Size { get; private set; }

    public IReadOnlyCollection<RankState> Here => _here.Values;

    public IReadOnlyList<RankState> Gone => [.. _aborting, .. _gone.Except(_aborting)];

    /// <summary>The first that went. One that aborts the job may still be here.</summary>
    public RankState? FirstGone => _gone is [{ } first, ..] ? first : null;

    public IReadOnlyList<int> Missing =>
        [.. Enumerable.Range(0, Size > 0 ? Size : expected).Where(r => !_here.ContainsKey(r) && !_gone.Exists(g => g.Rank == r))];

    public IReadOnlyList<string> TurnedAway => _turnedAway;

    public bool IsComplete => Size > 0 && _here.Count == Size && _gone.Count == 0;

    public RankState? Find(int rank) => _here.GetValueOrDefault(rank);

    /// <summary>Null: it may be added.</summary>
    public string? WhyRefused(HelloMessage hello) =>
        Size != 0 && hello.Size != Size ? $"this job has {Size} ranks, not {hello.Size}"
        : _here.ContainsKey(hello.Rank) ? $"rank {hello.Rank} is here already"
        : _gone.Exists(r => r.Rank == hello.Rank) ? $"rank {hello.Rank} was here before"
        : null;

    public RankState Add(HelloMessage hello)
    {
        Size = hello.Size;
        RankState state = new(hello);
        _here.Add(hello.Rank, state);
        return state;
    }

    /// <returns>Null where it was not here.</returns>
    public RankState? Remove(int rank)
    {
        if (!_here.Remove(rank, out RankState? state)) return null;
        _left.Add(state);
        return state;
    }

    /// <summary>
    /// All have come and left, none of them said that it ends with this code or ends the job, and one left without a word. The code may be several, bit by bit (Hydra's
    /// mpiexec, where ranks left with different ones).
    /// </summary>
    public bool OnlySignalExplains(int code) =>
        _left.Count == Size && _aborting.Count == 0 && !_left.Exists(r => r.ExitCode > 0 && (r.ExitCode & ~code) == 0) && _left.Exists(r => r is { ExitCode: null, IsWrapped: false });

    /// <summary>One that was removed went before the job was ending.</summary>
    public void MarkGone(RankState rank, TimeSpan now)
    {
        if (_gone.Count == 0) _goneAt = now;
        if (now - _goneAt < sameMoment) _gone.Add(rank);
    }

    public void MarkAborting(RankState rank, int code)
    {
        if (rank.Aborting is null) _aborting.Add(rank);
        rank.Aborting = code;
    }

    public void TurnAway(string who, string why)
    {
        const int longest = 8;
        string line = $"{who}: {why}";
        _turnedAway.Remove(line);
        _turnedAway.Add(line);
        if (_turnedAway.Count > longest) _turnedAway.RemoveAt(0);
    }
}
