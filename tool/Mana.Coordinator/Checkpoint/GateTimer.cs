namespace Mana.Coordinator.Checkpoint;

/// <summary>
/// When gates let one more collective through: nothing was heard for a while, so a rank may be waiting for what one at a gate does next; or ranks do move, but only send each other
/// words. A program that needs a thousand more collectives must not wait a thousand times so long: each time it waits half as long.
/// </summary>
/// <param name="first">How long nothing is heard before the first time.</param>
internal sealed class GateTimer(TimeSpan first)
{
    /// <summary>After as many times the first patience though ranks still move.</summary>
    private const int LongestMovement = 10;

    /// <summary>A little more than the targets' way to the ranks and back.</summary>
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(2);

    private readonly TimeSpan _longest = LongestMovement * first;
    private TimeSpan _patience = first, _heard, _opened;

    public TimeSpan Due
    {
        get
        {
            TimeSpan silent = _heard + _patience, longAgo = _opened + _longest;
            return silent < longAgo ? silent : longAgo;
        }
    }

    /// <summary>Gates may have to open from now on.</summary>
    public void Begin(TimeSpan now) => (_heard, _opened) = (now, now);

    public void Heard(TimeSpan now) => _heard = now;

    /// <param name="now">It was due.</param>
    /// <param name="any">Whether somebody was at a gate.</param>
    public void Opened(TimeSpan now, bool any)
    {
        (_heard, _opened) = (now, now);
        if (any) _patience = _patience / 2 > s_shortest ? _patience / 2 : s_shortest;
    }
}
