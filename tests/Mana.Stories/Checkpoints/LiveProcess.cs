using System.Diagnostics;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>A process of a job, told from a later one with the same number by the time of its start.</summary>
/// <param name="Started">Field 22 of /proc/PID/stat.</param>
internal sealed record LiveProcess(int Pid, string Started)
{
    /// <summary>Something that a kernel does at once, on a machine that is slow all the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static LiveProcess Of(int pid) => new(pid, StatOf(pid)?[^1] ?? throw new InvalidOperationException($"there is no process {pid}"));

    /// <summary>Its children, of any of its threads.</summary>
    public IReadOnlyList<LiveProcess> Children =>
        [.. Directory.GetDirectories($"/proc/{Pid}/task").SelectMany(t => File.ReadAllText(t + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(c => Of(int.Parse(c)))];

    public IEnumerable<LiveProcess> Descendants => Children.SelectMany(c => c.Descendants.Prepend(c));

    /// <summary>R, S, T, ...; null when it has ended, whether anybody has noticed or not.</summary>
    private string? State => StatOf(Pid) is [{ } state, { } started] && started == Started && state is not ("Z" or "X") ? state : null;

    /// <param name="signal">As kill(1) wants it.</param>
    public async Task SignalAsync(string signal)
    {
        Outcome outcome = await Bounded.RunAsync(["kill", "-" + signal, Pid.ToString()], "/", new Dictionary<string, string?>(), TimeSpan.FromSeconds(10));
        Assert.True(outcome.ExitCode == 0 || State is null, outcome.ToString());
    }

    /// <returns>False: it has not come to stand still.</returns>
    public Task<bool> StandsStillAsync() => BecomesAsync(state => state is "T" or null);

    public async Task AssertEndsAsync() => Assert.True(await BecomesAsync(state => state is null), $"process {Pid} is left behind, in state {State}");

    private async Task<bool> BecomesAsync(Predicate<string?> wanted)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!wanted(State))
        {
            if (watch.Elapsed > Patience) return false;
            await Task.Delay(20);
        }
        return true;
    }

    /// <summary>Fields 3 and 22 of /proc/PID/stat (man 5 proc): after the name, which may hold anything.</summary>
    private static string[]? StatOf(int pid)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{pid}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return [fields[0], fields[19]];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
