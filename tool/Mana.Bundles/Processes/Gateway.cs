using System.ComponentModel;
using System.Text;
using CliWrap;
using Mana.Common.Errors;

namespace Mana.Bundles.Processes;

/// <summary>A child process to run to its end: an argument vector, never a shell line.</summary>
public sealed record ChildCommand(string Program, IReadOnlyList<string> Arguments)
{
    public string? Folder { get; init; }

    /// <summary>Added to the environment; a null value removes the variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>(StringComparer.Ordinal);

    /// <summary>For a child whose messages are read by us: compilers speak the user's language.</summary>
    public static IReadOnlyDictionary<string, string?> InEnglish { get; } = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C" };

    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(1);

    public override string ToString() => string.Join(' ', new[] { Program }.Concat(Arguments).Select(Shell.Quote));
}

public sealed record ChildResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>A child that failed where it had to succeed: carries the command, the exit code and what it said.</summary>
public sealed class ChildFailedException(ChildCommand command, int exitCode, string said)
    : Exception($"'{command}' ended with exit code {exitCode}")
{
    public ChildCommand Command { get; } = command;

    public int ExitCode { get; } = exitCode;

    public string Said { get; } = said;

    public UserError ToUserError() => new(
        ExitCode < 0 ? $"a command did not end in time ({Command.Limit.TotalSeconds:0} s)" : $"a command failed with exit code {ExitCode}",
        "Run the command by hand to see it fail, and mend what it names.",
        Command + (Said.Length > 0 ? "\n" + Said.TrimEnd() : ""));
}

/// <summary>The one place that starts helper processes. (The job's launcher is started by Launch/JobProcess, which inherits the terminal.)</summary>
public static class Gateway
{
    /// <summary>So long a child that is to end has for it.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    /// <summary>Exit code reported for a child that was ended because its time was up.</summary>
    public const int TimedOut = -1;

    /// <summary>Exit code reported for a program that could not be started.</summary>
    public const int NotStarted = ExitCodes.NotFound;

    /// <summary>Runs to the end and returns whatever the exit code.</summary>
    public static async Task<ChildResult> TryRunAsync(ChildCommand child, CancellationToken stop = default)
    {
        StringBuilder output = new(), error = new();
        int code = await ExecuteAsync(child, PipeTarget.ToStringBuilder(output), PipeTarget.ToStringBuilder(error), stop);
        return new ChildResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs to the end; a failure is a <see cref="ChildFailedException"/>.</summary>
    public static async Task<ChildResult> RunAsync(ChildCommand child, CancellationToken stop = default)
    {
        ChildResult result = await TryRunAsync(child, stop);
        return result.Succeeded ? result : throw new ChildFailedException(child, result.ExitCode, result.Error + result.Output);
    }

    /// <summary>Runs to the end and shows what the child says line by line as it comes, unchanged.</summary>
    public static Task<int> StreamAsync(ChildCommand child, Action<string> line, CancellationToken stop = default) =>
        ExecuteAsync(child, PipeTarget.ToDelegate(line), PipeTarget.ToDelegate(line), stop);

    /// <summary>A child that is to end is sent SIGINT first: a launcher that is killed leaves ranks on other hosts, and segments of shared memory.</summary>
    private static async Task<int> ExecuteAsync(ChildCommand child, PipeTarget output, PipeTarget error, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop), force = new();
        using CancellationTokenRegistration grace = limit.Token.Register(() => force.CancelAfter(s_grace));
        limit.CancelAfter(child.Limit);
        CliWrap.Command command = CliWrap.Cli.Wrap(child.Program)
            .WithArguments(child.Arguments)
            .WithEnvironmentVariables(child.Environment)
            .WithWorkingDirectory(child.Folder ?? "")
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(output)
            .WithStandardErrorPipe(error);
        try
        {
            CommandResult result = await command.ExecuteAsync(forcefulCancellationToken: force.Token, gracefulCancellationToken: limit.Token);
            return result.ExitCode;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return TimedOut;
        }
        catch (Win32Exception)
        {
            return NotStarted;
        }
    }
}
