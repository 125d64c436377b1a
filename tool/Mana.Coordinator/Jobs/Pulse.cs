using System.Diagnostics;
using Mono.Unix.Native;

namespace Mana.Coordinator.Jobs;

/// <summary>
/// A file that stands for a living process: its time of modification moves on for as long as that lives. On the process's own host <see cref="ProcessMark"/> tells; other hosts
/// need nothing in common with it but the file.
/// </summary>
public sealed class Pulse : IAsyncDisposable
{
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(20);

    private readonly Timer _timer;

    /// <param name="file">Is there already.</param>
    /// <param name="gone">Called when it is not there any more.</param>
    public Pulse(string file, Action? gone = null) => _timer = new Timer(_ => Beat(file, gone), null, s_beat, s_beat);

    /// <summary>No beat for so long: dead. A server that stands still does so for those who look, too.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    /// <summary>When it has ended, no beat comes any more.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    /// <summary>At once; of a process of another host that has just died it is still said that it may live.</summary>
    public static bool MayLive(string file, ProcessMark process) => process.Lives ?? (File.Exists(file) && AgeOf(file) < Patience);

    /// <summary>Waits until that is certain: for a beat, or until there was none for <see cref="Patience"/>.</summary>
    /// <param name="file">The process's.</param>
    /// <param name="process">As the file says.</param>
    /// <param name="say">Told why it takes long, if it does.</param>
    public static async Task<bool> LivesAsync(string file, ProcessMark process, Action<string> say)
    {
        if (process.Lives is { } certain) return certain;
        if (!MayLive(file, process)) return false;
        DateTime first = File.GetLastWriteTimeUtc(file);
        say($"mana: {process.Place} may have died: waiting for a sign of life, at most {Patience.TotalMinutes:0} minutes");
        for (Stopwatch waited = Stopwatch.StartNew(); waited.Elapsed < Patience && MayLive(file, process); await Task.Delay(TimeSpan.FromSeconds(1)))
            if (File.GetLastWriteTimeUtc(file) != first && File.Exists(file)) return true;
        return false;
    }

    /// <summary>By the clock of the file system, which is that of its server: a new file has the time of now.</summary>
    private static TimeSpan AgeOf(string file)
    {
        DateTime modified = File.GetLastWriteTimeUtc(file);
        try
        {
            string beside = Path.Combine(Path.GetDirectoryName(file)!, "." + Path.GetRandomFileName());
            using FileStream now = new(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            return File.GetLastWriteTimeUtc(now.SafeFileHandle) - modified;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return DateTime.UtcNow - modified;
        }
    }

    /// <summary>Null is "now", as the server has it (man 2 utimes).</summary>
    private static void Beat(string file, Action? gone)
    {
        if (Syscall.utimes(file, null) != 0 && Stdlib.GetLastError() == Errno.ENOENT) gone?.Invoke();
    }
}
