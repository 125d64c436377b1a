using Mana.Common.Errors;

namespace Mana.Coordinator.Jobs;

/// <summary>
/// Two jobs that go on from one checkpoint would write the same output files: the second is refused while the first runs. A file in the checkpoint's folder
/// names the process (<see cref="ProcessMark"/>); one that is certainly dead does not count.
/// </summary>
public sealed class RestartLock : IDisposable
{
    private const string FileName = "restart.lock";

    /// <summary>As <see cref="JobFile.Exists"/>: somebody has it open for himself alone.</summary>
    private const int WouldBlock = 11;

    private static readonly string s_own = ProcessMark.Own + "\n";
    private readonly string _file;

    private RestartLock(string file) => _file = file;

    /// <summary>A folder in which no file can be made (it can only be read, the disk is full) is no reason to refuse: its checkpoint can still be restarted.</summary>
    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="force">Take it even from a job that runs.</param>
    public static RestartLock Take(string folder, bool force)
    {
        string file = Path.Combine(folder, FileName);
        if (!TryMake(file) && !TryTakeOver(file, force)) throw new UserErrorException(LockErrors.Held(folder, Holder(file) ?? "another one that starts now"));
        return new RestartLock(file);
    }

    public static bool IsHeld(string folder) => Holder(Path.Combine(folder, FileName)) is not null;

    /// <summary>One that another job has taken by force stays.</summary>
    public void Dispose()
    {
        try
        {
            if (string.Equals(File.ReadAllText(_file), s_own, StringComparison.Ordinal)) File.Delete(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Pruned already; or never made, as in a folder that can only be read.
        }
    }

    /// <summary>False: somebody has one.</summary>
    private static bool TryMake(string file)
    {
        try
        {
            // Somebody may have found it, empty, before it was ours alone.
            return Write(file, FileMode.CreateNew, text => text.Length == 0);
        }
        catch (IOException e) when (e.HResult is JobFile.Exists or WouldBlock)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See Take.
        }
        return true;
    }

    /// <summary>In place and alone: of two who find one whose process is dead, only one gets it.</summary>
    private static bool TryTakeOver(string file, bool force)
    {
        try
        {
            return Write(file, FileMode.Open, text => force || HolderIn(text) is null);
        }
        catch (FileNotFoundException)
        {
            return TryMake(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return force || Holder(file) is null;
        }
    }

    /// <summary>What is there is read and replaced while no other process has the file open (FileShare.None is flock(2)).</summary>
    private static bool Write(string file, FileMode mode, Func<string, bool> mayReplace)
    {
        using FileStream stream = new(file, mode, FileAccess.ReadWrite, FileShare.None);
        using StreamReader reader = new(stream);
        if (!mayReplace(reader.ReadToEnd())) return false;
        stream.SetLength(0);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(s_own));
        return true;
    }

    /// <summary>Null: nobody. One that cannot be read is somebody's.</summary>
    private static string? Holder(string file)
    {
        try
        {
            return File.Exists(file) ? HolderIn(File.ReadAllText(file)) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "another one, whose lock cannot be read";
        }
    }

    private static string? HolderIn(string text) => ProcessMark.TryParse(text) is { MayLive: true } holder ? $"process {holder.Pid} on {holder.Host}" : null;
}

public static class LockErrors
{
    public static UserError Held(string folder, string holder) => new(
        "a job that was restarted from this checkpoint still runs: " + holder,
        "Wait for it or end it; or say --force, if you know that they do not write the same files.", folder);
}
