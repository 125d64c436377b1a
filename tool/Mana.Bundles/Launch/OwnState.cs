using System.Globalization;
using System.Runtime.InteropServices;
using Mono.Unix.Native;

namespace Mana.Bundles.Launch;

/// <summary>
/// What .NET changes of its own process at its start, and children would inherit: SIGPIPE is ignored, and the soft limit of open files is the hard one. The launcher and
/// its ranks are to find what they would find without mana: who writes to nobody ends by SIGPIPE without a word, and programs loop over all descriptors they may have.
/// </summary>
internal static class OwnState
{
    private const string OpenFiles = "Max open files";

    /// <summary>
    /// A signal that has a handler is reset in children, one that is ignored is not; the handler has nothing to do, for writes go on to fail with EPIPE. How SIGPIPE was
    /// set when this process started nobody can tell any more: the default is what nearly every process has.
    /// </summary>
    public static void DefaultSigpipe()
    {
        if (s_pipe is not null) return;
        _ = Stdlib.SetSignalAction(Signum.SIGPIPE, SignalAction.Default);
        s_pipe = PosixSignalRegistration.Create((PosixSignal)(int)Signum.SIGPIPE, context => context.Cancel = true);
    }

    /// <summary>Never given back: what it was set to before would end this process when a client goes away.</summary>
    private static PosixSignalRegistration? s_pipe;

    /// <summary>Runs <paramref name="start"/> under the soft limit of open files that this process was started with, where that can be told.</summary>
    public static void WithFirstLimit(Action start)
    {
        if (NativeMethods.getrlimit(NativeMethods.OpenFiles, out FileLimit raised) != 0 || First(raised, LimitsOf(Syscall.getppid())) is not { } first)
        {
            start();
            return;
        }
        _ = NativeMethods.setrlimit(NativeMethods.OpenFiles, first);
        try
        {
            start();
        }
        finally
        {
            _ = NativeMethods.setrlimit(NativeMethods.OpenFiles, raised);
        }
    }

    /// <summary>
    /// The parent still has the limit that it gave us. Not so where the hard limits differ: somebody has set them in between (ulimit -n sets both), and the soft one then
    /// was most likely the hard one already.
    /// </summary>
    /// <param name="own">Of this process, raised.</param>
    /// <param name="parent">Text of the parent's /proc/PID/limits.</param>
    public static FileLimit? First(FileLimit own, string parent)
    {
        string? line = parent.Split('\n').FirstOrDefault(l => l.StartsWith(OpenFiles, StringComparison.Ordinal));
        if (line?[OpenFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var soft, var hard, ..]) return null;
        FileLimit given = new((nuint)Number(soft), (nuint)Number(hard));
        return given.Hard == own.Hard && given.Soft < own.Soft ? given : null;
    }

    private static ulong Number(string text) => ulong.TryParse(text, CultureInfo.InvariantCulture, out ulong number) ? number : ulong.MaxValue;

    private static string LimitsOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/limits");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

/// <summary>struct rlimit.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileLimit(nuint Soft, nuint Hard);

internal static class NativeMethods
{
    public const int OpenFiles = 7; // RLIMIT_NOFILE

    private const int PrSetChildSubreaper = 36;

    public static void BecomeSubreaper() => _ = prctl(PrSetChildSubreaper, 1, 0, 0, 0);

    [DllImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int getrlimit(int resource, out FileLimit limit);

    [DllImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int setrlimit(int resource, in FileLimit limit);

    [DllImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
