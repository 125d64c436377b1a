using System.Diagnostics;
using System.Text;
using CliWrap;

namespace Mana.Testing;

/// <summary>What a finished command said and how it ended.</summary>
/// <param name="Command">As it could be typed.</param>
/// <param name="ExitCode">The shell's: 128+N for a signal; meaningless when <paramref name="TimedOut"/>.</param>
public sealed record Outcome(string Command, int ExitCode, string Output, string Errors, TimeSpan Duration, bool TimedOut)
{
    /// <summary>All that a person needs to see of a failure, bounded.</summary>
    public override string ToString() =>
        $"{Command}\n{(TimedOut ? "ran out of time" : $"exit code {ExitCode}")} after {Duration.TotalSeconds:0.0} s"
        + $"\n--- stdout\n{Tail(Output)}\n--- stderr\n{Tail(Errors)}";

    private static string Tail(string text) => text.Length <= 3000 ? text : "..." + text[^3000..];
}

/// <summary>The one place where tests start processes. Nothing outlives its bound: not the command, nor anything it has started.</summary>
public static class Bounded
{
    /// <summary>
    /// Marks all descendants of one command, however they were started, so that they can be told from everything else on the machine: the marks of the processes and
    /// commands that it descends from, joined by slashes.
    /// </summary>
    private const string Mark = "MANA_TEST_COMMAND";

    /// <summary>All that this process starts has it in front.</summary>
    private static readonly string Own = Path.Join(Environment.GetEnvironmentVariable(Mark), Guid.NewGuid().ToString("N"));

    private static int commands;

    /// <summary>Runs to the end or to the bound; never throws for what the command does.</summary>
    /// <param name="limit">Then the command's process group gets SIGTERM, ten seconds later SIGKILL, and what is left is swept.</param>
    /// <param name="heard">Told each line of stderr as it comes.</param>
    /// <param name="said">Told each line of stdout as it comes.</param>
    /// <param name="over">Nobody waits for the command any more: it and all that it has started are swept at once.</param>
    public static async Task<Outcome> RunAsync(
        IReadOnlyList<string> words, string folder, IReadOnlyDictionary<string, string?> environment, TimeSpan limit, string? input = null,
        Action<string>? heard = null, Action<string>? said = null, CancellationToken over = default)
    {
        StringBuilder output = new(), errors = new();
        string mark = $"{Own}/{Interlocked.Increment(ref commands)}";
        Dictionary<string, string?> full = new(environment, StringComparer.Ordinal) { [Mark] = mark };
        Stopwatch watch = Stopwatch.StartNew();
        using CancellationTokenRegistration sweeping = over.Register(() => Sweep(mark));
        CommandResult result = await Cli.Wrap("timeout")
            .WithArguments(["--kill-after=10", limit.TotalSeconds.ToString("0"), .. words])
            .WithWorkingDirectory(folder)
            .WithEnvironmentVariables(full)
            .WithStandardInputPipe(input is null ? PipeSource.Null : PipeSource.FromString(input))
            .WithStandardOutputPipe(Collect(output, said))
            .WithStandardErrorPipe(Collect(errors, heard))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(CancellationToken.None); // swept, it ends by itself
        bool timedOut = watch.Elapsed >= limit;
        if (timedOut || over.IsCancellationRequested) Sweep(mark);
        return new Outcome(string.Join(' ', words.Select(Quote)), result.ExitCode, output.ToString(), errors.ToString(), watch.Elapsed, timedOut);
    }

    private static PipeTarget Collect(StringBuilder text, Action<string>? told) =>
        PipeTarget.Merge(PipeTarget.ToStringBuilder(text), told is null ? PipeTarget.Null : PipeTarget.ToDelegate(told));

    /// <summary>Processes that live and have this in their environment, NAME=VALUE, or NAME=VALUE/more: as all have that descend from who was given it.</summary>
    public static IReadOnlyList<int> Living(string variable) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!)).Where(p => Carries(p, variable))];

    /// <summary>Nobody waits any more for anything that this process has started.</summary>
    public static void SweepAll() => Sweep(Own);

    private static void Sweep(string mark)
    {
        foreach (int pid in Living($"{Mark}={mark}"))
        {
            try
            {
                Process.GetProcessById(pid).Kill();
            }
            catch (ArgumentException)
            {
                // It has ended by itself.
            }
        }
    }

    private static bool Carries(int pid, string variable)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0').Any(v => v == variable || v.StartsWith(variable + "/", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%^".Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
