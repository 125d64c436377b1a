using System.Globalization;
using Mana.Common.Errors;

namespace Mana.Coordinator.Jobs;

/// <summary>
/// Two jobs that go on from one checkpoint would write the same output files: the second is refused while the first runs. A file in the checkpoint's folder
/// names host and pid; one whose process is dead on this host does not count.
/// </summary>
public sealed class RestartLock : IDisposable
{
    private const string FileName = "restart.lock";
    private readonly string _file;

    private RestartLock(string file) => _file = file;

    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="force">Take it even from a job that runs.</param>
    public static RestartLock Take(string folder, bool force)
    {
        string file = Path.Combine(folder, FileName);
        if (Holder(file) is { } holder && !force) throw new UserErrorException(LockErrors.Held(folder, holder));
        try
        {
            File.Delete(file);
            using FileStream made = new(file, FileMode.CreateNew);
            made.Write(System.Text.Encoding.UTF8.GetBytes($"{Environment.MachineName} {Environment.ProcessId}\n"));
        }
        catch (UnauthorizedAccessException)
        {
            // A folder that can only be read: its checkpoint can still be restarted.
        }
        return new RestartLock(file);
    }

    public static bool IsHeld(string folder) => Holder(Path.Combine(folder, FileName)) is not null;

    public void Dispose()
    {
        try
        {
            File.Delete(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Pruned already; or a folder that can only be read.
        }
    }

    private static string? Holder(string file)
    {
        if (!File.Exists(file)) return null;
        string[] words = File.ReadAllText(file).Trim().Split(' ');
        if (words.Length != 2 || !int.TryParse(words[1], CultureInfo.InvariantCulture, out int pid)) return null;
        bool here = string.Equals(words[0], Environment.MachineName, StringComparison.Ordinal);
        return here && !JobFile.IsAlive(pid) ? null : $"process {pid} on {words[0]}";
    }
}

public static class LockErrors
{
    public static UserError Held(string folder, string holder) => new(
        "a job that was restarted from this checkpoint still runs: " + holder,
        "Wait for it or end it; or say --force, if you know that they do not write the same files.", folder);
}
