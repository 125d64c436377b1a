using Mana.Common.Errors;

namespace Mana.Coordinator.Jobs;

/// <summary>
/// Two jobs that go on from one checkpoint would write the same output files: the second is refused while the first runs. A file in the checkpoint's folder
/// names mana's process and the launcher's (<see cref="ProcessMark"/>), and has a <see cref="Pulse"/> for those on other hosts; when both are dead it does not count.
/// </summary>
public sealed class RestartLock : IAsyncDisposable
{
    private const string FileName = "restart.lock";

    /// <summary>As <see cref="JobFile.Exists"/>: somebody has it open for himself alone.</summary>
    private const int WouldBlock = 11;

    private static readonly string s_own = ProcessMark.Own + "\n";
    private readonly string _file;
    private readonly Pulse _pulse;

    private RestartLock(string file) => (_file, _pulse) = (file, new Pulse(file));

    /// <summary>A folder in which no file can be made (it can only be read, the disk is full) is no reason to refuse: its checkpoint can still be restarted.</summary>
    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="force">Take it even from a job that runs.</param>
    /// <param name="say">Told what is waited for.</param>
    public static async Task<RestartLock> TakeAsync(string folder, bool force, Action<string> say)
    {
        string file = Path.Combine(folder, FileName);
        if (TryMake(file)) return new RestartLock(file);
        string? dead = force ? null : await DeadElsewhereAsync(file, say);
        if (!TryTakeOver(file, force, dead))
            throw new UserErrorException(LockErrors.Held(folder, Holder(file) ?? "another one that starts now"));
        return new RestartLock(file);
    }

    public static bool IsHeld(string folder) => Holder(Path.Combine(folder, FileName)) is not null;

    /// <summary>The job runs as long as its launcher, also when mana is killed.</summary>
    public void AddLauncher(ProcessMark launcher)
    {
        try
        {
            if (IsOwn()) File.AppendAllText(_file, launcher + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As in TakeAsync.
        }
    }

    /// <summary>One that another job has taken by force stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pulse.DisposeAsync();
        try
        {
            if (IsOwn()) File.Delete(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Pruned already; or never made, as in a folder that can only be read.
        }
    }

    private bool IsOwn() => ReadText(_file).StartsWith(s_own, StringComparison.Ordinal);

    /// <summary>What is in it, when after a wait it is certain that the one of another host that wrote it is dead.</summary>
    private static async Task<string?> DeadElsewhereAsync(string file, Action<string> say)
    {
        try
        {
            string text = ReadText(file);
            return Marks(text) is [{ Lives: null } first, ..] && !await Pulse.LivesAsync(file, first, say) ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
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
    private static bool TryTakeOver(string file, bool force, string? dead)
    {
        try
        {
            return Write(file, FileMode.Open, text => force || string.Equals(text, dead, StringComparison.Ordinal) || HolderIn(file, text) is null);
        }
        catch (FileNotFoundException)
        {
            return TryMake(file);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            return false; // whoever has it open gets it, or finds the same
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
            return File.Exists(file) ? HolderIn(file, ReadText(file)) : null;
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

    /// <summary>Without a lock on the file (.NET takes one to read, if others may not write), which would keep away those who take it over.</summary>
    private static string ReadText(string file)
    {
        using StreamReader reader = new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static string? HolderIn(string file, string text) => Marks(text).FirstOrDefault(m => Pulse.MayLive(file, m))?.Place;

    /// <summary>mana's, then the launcher's.</summary>
    private static ProcessMark[] Marks(string text) => [.. text.Split('\n').Select(ProcessMark.TryParse).OfType<ProcessMark>()];
}

public static class LockErrors
{
    public static UserError Held(string folder, string holder) => new(
        "a job that was restarted from this checkpoint still runs: " + holder,
        "Wait for it or end it; or say --force, if you know that they do not write the same files.", folder);

    public static UserError InUse(string folder, JobFile job) => new(
        $"the job '{job.Job}', which writes its checkpoints there, still runs: {job.Process.Place}",
        $"Stop it first: mana checkpoint {job.Job} --stop; or say --force and --job NAME, if you know that they do not write the same files.", folder);
}
