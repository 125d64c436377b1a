using System.Runtime.InteropServices;
using Mana.Bundles.Backends;
using Mana.Bundles.Probe;
using Mana.Bundles.Store;
using Mana.Cli.Terminal;

namespace Mana.Cli;

/// <summary>What every command works with.</summary>
internal sealed record Tool(ManaHome Home, BackendCatalog Backends, BundleStore Bundles, Candidates Candidates, bool IsRoot, Interruption Interruption, Talk Talk)
{
    public static Tool FromEnvironment()
    {
        ManaHome home = ManaHome.FromEnvironment(Environment.GetEnvironmentVariable);
        return new Tool(
            home, new BackendCatalog(home.BackendFolders), new BundleStore(home), new Candidates(Environment.GetEnvironmentVariable),
            Mono.Unix.Native.Syscall.geteuid() == 0, new Interruption(), new Talk());
    }

    public static string Version => typeof(Tool).Assembly.GetName().Version?.ToString(3) ?? "0";
}

/// <summary>Ctrl-C and SIGTERM for commands that work themselves: they clean up and leave. (`launch` forwards signals to the job instead.)</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _signals = [];

    /// <summary>128 + the signal that came.</summary>
    public int ExitCode { get; private set; } = Mana.Common.Errors.ExitCodes.ManaFailed;

    /// <summary>A signal came: whatever failed since then failed of it.</summary>
    public bool Came => _stop.IsCancellationRequested;

    /// <summary>The token of this run; signals are caught from now on.</summary>
    public CancellationToken Watch()
    {
        if (_signals.Count == 0)
            foreach ((PosixSignal signal, int number) in new[] { (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15), (PosixSignal.SIGHUP, 1) })
                _signals.Add(PosixSignalRegistration.Create(signal, context =>
                {
                    context.Cancel = true;
                    ExitCode = Mana.Common.Errors.ExitCodes.SignalBase + number;
                    _stop.Cancel();
                }));
        return _stop.Token;
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals) signal.Dispose();
        _stop.Dispose();
    }
}
