using Mana.Bundles.Processes;
using Mana.Bundles.Store;

namespace Mana.Bundles.Launch;

public enum SyscallSteering
{
    Patch,
    Dispatch,
}

/// <summary>How collectives are brought to a stop at a checkpoint (docs/CHECKPOINT.md).</summary>
public enum CollectiveStrategy
{
    Clock,
    TwoPhase,
}

/// <summary>What the user asked of one job.</summary>
public sealed record LaunchRequest
{
    public required string Program { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>NAME=VALUE: of the user's environment, those that reach the program by their own way (<see cref="ExactText.Variables"/>).</summary>
    public IReadOnlyList<string> ExactVariables { get; init; } = [];

    public int Ranks { get; init; } = 1;

    public SyscallSteering Syscalls { get; init; }

    public CollectiveStrategy Collectives { get; init; }

    public IReadOnlyList<string> LauncherArguments { get; init; } = [];

    /// <summary>0 says nothing but errors; each -v one more.</summary>
    public int Verbose { get; init; }

    /// <summary>Where agents find the job's coordinator; null for a job that cannot be checkpointed.</summary>
    public string? JobFile { get; init; }

    /// <summary>The codec of images: ranks that lack its library say so when they start. Null for none.</summary>
    public string? Compress { get; init; }

    /// <summary>Ranks ignore this signal, which is for `mana launch`; null for none.</summary>
    public int? CheckpointSignal { get; init; }

    /// <summary>It is the bundle that is tried, not a job: ranks may be more than cores.</summary>
    public bool IsCheck { get; init; }

    /// <summary>The checkpoint to go on from, in place of the program.</summary>
    public RestartFrom? Restart { get; init; }
}

/// <param name="Folder">Of the checkpoint.</param>
/// <param name="ThreadLevel">MPI's, canonical, as the program was granted it.</param>
/// <param name="WorkingDirectory">Of the program, where it is now.</param>
public sealed record RestartFrom(string Folder, uint ThreadLevel, string WorkingDirectory)
{
    /// <summary>Files and folders that are elsewhere now.</summary>
    public PathMap Moved { get; init; } = PathMap.None;

    /// <summary>Files that grew or were overwritten since the checkpoint are taken as they are.</summary>
    public bool KeepFiles { get; init; }

    /// <summary>Images that belong to another user are taken, too.</summary>
    public bool AnyOwner { get; init; }

    /// <summary>NAME=VALUE: variables of the program that are changed in its memory.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];
}

/// <summary>The launcher's command, as it will be executed: an argument vector and what is added to the environment.</summary>
public sealed record LaunchPlan(string Launcher, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Where the launcher starts; null for here.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The signal that `mana launch` answers itself; null for none.</summary>
    public int? CheckpointSignal { get; init; }

    /// <summary>The launcher ends with N, not with 128+N, when signal N has ended a rank.</summary>
    public bool SignalAsCode { get; init; }

    /// <param name="bundle">Gives launcher, its rules and the lower-half program.</param>
    /// <param name="request">What the user asked.</param>
    /// <param name="inherited">Looks up a variable of the user's environment: what he set himself is never overridden.</param>
    /// <param name="root">Whether root starts the job.</param>
    public static LaunchPlan Make(Bundle bundle, LaunchRequest request, Func<string, string?> inherited, bool root)
    {
        string[] ranks = [.. bundle.Manifest.Ranks.Select(a => a.Replace("{n}", request.Ranks.ToString(), StringComparison.Ordinal))];
        List<string> lower = [bundle.LowerProgram];
        if (request.Syscalls == SyscallSteering.Dispatch) lower.Add("--syscalls=dispatch");
        if (request.Collectives == CollectiveStrategy.TwoPhase) lower.Add("--collectives=two-phase");
        if (request.Verbose > 0) lower.Add("--verbose=" + request.Verbose);
        if (request.JobFile is { } job) lower.Add("--job=" + job);
        if (request.Compress is { } codec) lower.Add("--compress=" + codec);
        if (request.CheckpointSignal is { } signal) lower.Add("--checkpoint-signal=" + signal);
        IEnumerable<string> what = request.Restart is { } restart ? RestartOptions(restart) : ProgramWords(request);
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        string library = Path.Combine(bundle.Folder, "lower", "lib");
        foreach ((string name, string value) in bundle.Manifest.Environment.Concat(root ? bundle.Manifest.RootEnvironment : []).Concat(request.IsCheck ? bundle.Manifest.CheckEnvironment : []))
            if (inherited(name) is null) environment[name] = value.Replace("{lib}", library, StringComparison.Ordinal);
        return new LaunchPlan(
            bundle.Manifest.Launcher.Path,
            [.. bundle.Manifest.Always, .. bundle.Manifest.Launcher.Arguments, .. ranks, .. request.LauncherArguments, .. lower, .. what],
            environment)
        {
            WorkingDirectory = request.Restart?.WorkingDirectory,
            CheckpointSignal = request.CheckpointSignal,
            SignalAsCode = bundle.Manifest.SignalAsCode,
        };
    }

    private static IEnumerable<string> ProgramWords(LaunchRequest request)
    {
        string[] words = [request.Program, .. request.Arguments];
        if (request.ExactVariables.Count == 0 && !words.Any(ExactText.NeedsEscape)) return ["--", .. words];
        return ["--escaped", .. request.ExactVariables.SelectMany(v => (string[])["--setenv", ExactText.Escape(v)]), "--", .. words.Select(ExactText.Escape)];
    }

    private static IEnumerable<string> RestartOptions(RestartFrom restart) =>
    [
        .. restart.AnyOwner ? ["--any-owner"] : Array.Empty<string>(),
        .. restart.KeepFiles ? ["--keep-files"] : Array.Empty<string>(),
        .. restart.Moved.Assignments.SelectMany(a => (string[])["--map", a]),
        .. restart.Variables.SelectMany(v => (string[])["--env", v]),
        "--thread-level=" + restart.ThreadLevel,
        "--restart=" + restart.Folder,
    ];

    /// <summary>For --dry-run: can be pasted into a shell (a restart's not: its ranks wait for their coordinator).</summary>
    public override string ToString() =>
        string.Join(' ', Environment.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Key + "=" + Shell.Quote(p.Value))
            .Append(Shell.Quote(Launcher)).Concat(Arguments.Select(Shell.Quote)));
}
