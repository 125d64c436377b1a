using System.Globalization;

namespace Mana.Coordinator.Jobs;

/// <summary>Tells a process from all others that had its number, or will have it: on one line of words, for a file.</summary>
/// <param name="Host">Where it runs.</param>
/// <param name="Pid">Its number there.</param>
/// <param name="Boot">Which start of the host (man 4 random, boot_id).</param>
/// <param name="Numbers">The PID namespace of its number (man 7 pid_namespaces).</param>
/// <param name="Start">When it began, in ticks since the boot (man 5 proc, field 22 of stat).</param>
public sealed record ProcessMark(string Host, int Pid, string Boot, string Numbers, string Start)
{
    private const string Gone = "?";

    private static readonly string s_boot = Content("/proc/sys/kernel/random/boot_id"), s_numbers = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "?";

    public static ProcessMark Own { get; } = new(Environment.MachineName, Environment.ProcessId, s_boot, s_numbers, StartOf(Environment.ProcessId));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host} {Pid} {Boot} {Numbers} {Start}");

    /// <summary>Null: it is none.</summary>
    public static ProcessMark? TryParse(string text) =>
        text.Trim().Split(' ') is [{ } host, { } number, { } boot, { } numbers, { } start] && int.TryParse(number, CultureInfo.InvariantCulture, out int pid)
            ? new ProcessMark(host, pid, boot, numbers, start)
            : null;

    /// <summary>Of a process of this host.</summary>
    public static ProcessMark Of(int pid) => Own with { Pid = pid, Start = StartOf(pid) };

    /// <summary>Null where that cannot be told: of another host, or of another PID namespace.</summary>
    public bool? Lives
    {
        get
        {
            if (!string.Equals(Host, Environment.MachineName, StringComparison.Ordinal)) return null;
            if (!string.Equals(Boot, s_boot, StringComparison.Ordinal)) return false;
            return string.Equals(Numbers, s_numbers, StringComparison.Ordinal) ? Start is not Gone && string.Equals(Start, StartOf(Pid), StringComparison.Ordinal) : null;
        }
    }

    /// <summary>For a person.</summary>
    public string Place => string.Create(CultureInfo.InvariantCulture, $"process {Pid} on {Host}");

    /// <summary>
    /// The program's name, in parentheses, may hold anything: what is counted is after the last one. A process that is dead, though nobody has waited for it yet, has none.
    /// </summary>
    private static string StartOf(int pid)
    {
        const int startAfterName = 19;
        string text = Content(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        string[] fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields is ["Z" or "X", ..] ? Gone : fields.ElementAtOrDefault(startAfterName) ?? Gone;
    }

    private static string Content(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }
}
