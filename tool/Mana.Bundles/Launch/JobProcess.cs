using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mana.Common.Errors;
using Mono.Unix.Native;

namespace Mana.Bundles.Launch;

/// <summary>
/// Runs the launcher with the terminal as its own, forwards signals, and leaves no process behind: as child subreaper (man 2 prctl) this
/// process inherits every orphan of the job and ends it.
/// </summary>
public sealed class JobProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), Grace = TimeSpan.FromSeconds(2);

    /// <summary>timeout(1) sends its signal to the command, and to the group that it is in: what comes so soon is no second request.</summary>
    private static readonly TimeSpan Echo = TimeSpan.FromSeconds(0.5);

    private readonly Process _launcher = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private long _first;
    private int _forwarded;

    /// <summary>Somebody wants the job to end: what its ranks lose then is no fault.</summary>
    public bool Interrupted => Volatile.Read(ref _forwarded) != 0;

    /// <param name="plan">What is run.</param>
    /// <param name="started">Told the launcher's number.</param>
    public async Task<int> RunAsync(LaunchPlan plan, Action<int>? started = null)
    {
        NativeMethods.BecomeSubreaper();
        OwnState.DefaultSigpipe();
        foreach ((PosixSignal signal, Signum number) in new[] { (PosixSignal.SIGINT, Signum.SIGINT), (PosixSignal.SIGTERM, Signum.SIGTERM), (PosixSignal.SIGHUP, Signum.SIGHUP) })
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                _ = ForwardAsync(number);
            }));
        Start(plan);
        started?.Invoke(_launcher.Id);
        foreach (Signum number in new[] { Signum.SIGUSR1, Signum.SIGUSR2 }.Where(n => (int)n != plan.CheckpointSignal)) PassOn(number);
        await _launcher.WaitForExitAsync();
        await _ended.CancelAsync();
        await Descendants.EndAsync(Environment.ProcessId, TimeSpan.FromSeconds(2));
        return ExitCode(_launcher.ExitCode);
    }

    /// <summary>Ends the job; <see cref="RunAsync"/> then returns.</summary>
    public async Task EndAsync()
    {
        _ = Syscall.kill(_launcher.Id, Signum.SIGTERM);
        await Descendants.EndAsync(Environment.ProcessId, TimeSpan.FromSeconds(2));
    }

    /// <summary>Launchers that were interrupted answer 0 or 255 (Hydra), 1 (Open MPI) or the bare signal; whoever interrupted them expects 128 + N.</summary>
    private int ExitCode(int launcher) => _forwarded != 0 && (launcher is 0 or 1 or 255 || launcher == _forwarded) ? ExitCodes.SignalBase + _forwarded : launcher;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals) signal.Dispose();
        _launcher.Dispose();
        _ended.Dispose();
    }

    private void Start(LaunchPlan plan)
    {
        _launcher.StartInfo = new ProcessStartInfo(plan.Launcher, plan.Arguments) { UseShellExecute = false };
        if (plan.WorkingDirectory is { } folder) (_launcher.StartInfo.WorkingDirectory, _launcher.StartInfo.Environment["PWD"]) = (folder, folder);
        foreach ((string name, string value) in plan.Environment) _launcher.StartInfo.Environment[name] = value;
        try
        {
            OwnState.WithFirstLimit(() => _launcher.Start());
        }
        catch (Win32Exception e)
        {
            throw new UserErrorException(JobErrors.LauncherDoesNotStart(plan.Launcher, e.Message), e);
        }
    }

    /// <summary>For the program alone: whoever started mpiexec would send it there, and mpiexec passes it to the ranks.</summary>
    private void PassOn(Signum signal) => _signals.Add(PosixSignalRegistration.Create((PosixSignal)(int)signal, context =>
    {
        context.Cancel = true;
        if (!_ended.IsCancellationRequested) _ = Syscall.kill(_launcher.Id, signal);
    }));

    /// <summary>
    /// What is sent to our whole process group (Ctrl-C at the terminal, timeout, a batch system's warning) reaches the launcher without us, and a second signal would make
    /// it leave at once, with ranks and shared memory behind it. Nothing tells such a signal from one for us alone: so it is forwarded if the launcher has not left after a
    /// grace, at once when it is repeated, and at last with force.
    /// </summary>
    private async Task ForwardAsync(Signum signal)
    {
        int last = Interlocked.Exchange(ref _forwarded, (int)signal);
        long first = Interlocked.CompareExchange(ref _first, Stopwatch.GetTimestamp(), 0);
        bool repeated = first != 0;
        if (last == (int)signal && Stopwatch.GetElapsedTime(first) < Echo) return;
        try
        {
            if (!repeated) await Task.Delay(Grace, _ended.Token);
            _ = Syscall.kill(_launcher.Id, signal);
            await Task.Delay(Patience, _ended.Token);
            await Descendants.EndAsync(Environment.ProcessId, TimeSpan.FromSeconds(1));
        }
        catch (OperationCanceledException)
        {
            // The launcher has ended: nothing more to forward.
        }
    }
}

/// <summary>The processes that descend from one, by /proc.</summary>
internal static class Descendants
{
    /// <summary>SIGTERM, then SIGKILL to those that are left after <paramref name="patience"/>.</summary>
    public static async Task EndAsync(int ancestor, TimeSpan patience)
    {
        List<int> left = Of(ancestor);
        if (left.Count == 0) return;
        foreach (int pid in left) _ = Syscall.kill(pid, Signum.SIGTERM);
        for (Stopwatch waited = Stopwatch.StartNew(); waited.Elapsed < patience && Of(ancestor).Count > 0;) await Task.Delay(20);
        foreach (int pid in Of(ancestor)) _ = Syscall.kill(pid, Signum.SIGKILL);
    }

    /// <summary>Zombies do not count: they end with their parent.</summary>
    private static List<int> Of(int ancestor)
    {
        Dictionary<int, int> parents = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), out int pid) && Parent(folder) is { } parent) parents[pid] = parent;
        return [.. parents.Keys.Where(pid => DescendsFrom(pid, ancestor, parents))];
    }

    private static bool DescendsFrom(int pid, int ancestor, Dictionary<int, int> parents)
    {
        for (int depth = 0; depth < 64 && parents.TryGetValue(pid, out int parent); depth++, pid = parent)
            if (parent == ancestor) return true;
        return false;
    }

    private static int? Parent(string folder)
    {
        try
        {
            string stat = File.ReadAllText(folder + "/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : int.Parse(fields[1]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

public static class JobErrors
{
    public static UserError LauncherDoesNotStart(string launcher, string reason) => new(
        "the launcher cannot be started: " + reason, "Check it by hand, or build the bundle again with another --launcher.", launcher);
}
