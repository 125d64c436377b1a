using System.Globalization;
using Mana.Coordinator.Checkpoint;
using Mono.Unix;
using Mono.Unix.Native;

namespace Mana.Coordinator.Jobs;

/// <summary>An epoch's folder: FOLDER/JOB/epoch-NNNN. <paramref name="Committed"/>: it has a manifest, so it is a checkpoint.</summary>
public sealed record EpochFolder(uint Epoch, string Path, bool Committed)
{
    private const string Prefix = "epoch-";

    public string Manifest => System.IO.Path.Combine(Path, CheckpointManifest.FileName);

    public static string NameOf(uint epoch) => Prefix + epoch.ToString("D4", CultureInfo.InvariantCulture);

    /// <summary>Whether this user made it. Who else made it decides what runs in his name when it is restarted.</summary>
    public bool IsOwn => new[] { Path, Manifest }.All(p => Syscall.lstat(p, out Stat status) == 0 && status.st_uid == Syscall.geteuid());

    /// <summary>Null for a folder that has another name.</summary>
    public static EpochFolder? TryOpen(string path)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(path);
        string name = System.IO.Path.GetFileName(path);
        return name.StartsWith(Prefix, StringComparison.Ordinal) && uint.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out uint epoch)
            ? new EpochFolder(epoch, path, File.Exists(System.IO.Path.Combine(path, CheckpointManifest.FileName)))
            : null;
    }

    /// <summary>Those of one job, oldest first. None in a folder that is another user's, as there may be where a site has one folder for all.</summary>
    public static IReadOnlyList<EpochFolder> Of(string jobFolder)
    {
        try
        {
            return Directory.Exists(jobFolder) ? [.. Directory.GetDirectories(jobFolder).Select(TryOpen).OfType<EpochFolder>().OrderBy(e => e.Epoch)] : [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }
}

/// <summary>What <see cref="CheckpointFolder.Prune"/> did.</summary>
/// <param name="Removed">Folders.</param>
/// <param name="Failures">Why others could not be removed.</param>
public sealed record Pruned(IReadOnlyList<string> Removed, IReadOnlyList<string> Failures);

/// <summary>The checkpoints of one job: the only place where they are made and removed.</summary>
/// <param name="root">--checkpoint-dir.</param>
/// <param name="job">What runs.</param>
/// <param name="keep">How many committed ones stay.</param>
/// <param name="faults">Of tests.</param>
public sealed class CheckpointFolder(string root, JobDescription job, int keep, CoordinatorFaults? faults = null) : ICheckpointStore
{
    private readonly string _folder = Path.Combine(Path.GetFullPath(root), job.Job);
    private readonly HashSet<uint> _begun = [];
    private readonly Lock _pruning = new();

    public string Folder => _folder;

    /// <summary>Checkpoints up to this one stay: see <see cref="EarlierRuns"/>.</summary>
    public uint Earlier { get; init; }

    /// <summary>Of this run, and of those that it carries on.</summary>
    public EpochFolder? Newest => EpochFolder.Of(_folder).LastOrDefault(e => e.Committed && e.Epoch > Earlier);

    /// <summary>Of all that is there, committed or not; a new job counts on from it.</summary>
    public uint HighestEpoch => EpochFolder.Of(_folder) is [.., { } last] ? last.Epoch : 0;

    /// <summary>Whether both paths lead to one folder that is there.</summary>
    public static bool IsSame(string first, string second) =>
        Syscall.stat(first, out Stat a) == 0 && Syscall.stat(second, out Stat b) == 0 && (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino);

    public string Begin(uint epoch)
    {
        string folder = FolderOf(epoch);
        DurableFile.MakeFolder(_folder);
        if (Syscall.mkdir(folder, FilePermissions.S_IRWXU) != 0) throw NotMade(folder, Stdlib.GetLastError());
        _begun.Add(epoch);
        // Not our own number: some file systems show another owner for all that we make.
        if (Syscall.lstat(_folder, out Stat above) == 0 && Syscall.lstat(folder, out Stat made) == 0 && above.st_uid != made.st_uid)
            throw new IOException($"{_folder} belongs to another user, who could exchange what is written there");
        return folder;
    }

    private static IOException NotMade(string folder, Errno why) => new(
        why == Errno.EEXIST ? $"{folder} is there already: another job writes its checkpoints to this folder" : $"{folder}: {new UnixIOException(why).Message}");

    /// <summary>
    /// Images and their names are on disk (agents sync both); then the manifest, under another name first: its rename is the commit, which nothing that fails
    /// later can undo.
    /// </summary>
    public CommittedCheckpoint Commit(CheckpointRecord record)
    {
        string folder = FolderOf(record.Epoch);
        CheckpointManifest manifest = new(job, record, Environment.MachineName, DateTimeOffset.UtcNow) { Earlier = Earlier, Keep = keep };
        DurableFile.SyncFolder(folder);
        DurableFile.SyncFolder(_folder);
        DurableFile.Write(Path.Combine(folder, CheckpointManifest.FileName), manifest.Write(), () => faults?.At(CoordinatorFault.BeforeRename, record.Epoch));
        try
        {
            DurableFile.SyncFolder(folder);
            return new CommittedCheckpoint(folder, IsSynced: true, Warning: null);
        }
        catch (IOException e)
        {
            return new CommittedCheckpoint(folder, IsSynced: false, e.Message);
        }
    }

    public Task<string?> TidyAsync() => Task.Run(() =>
    {
        // One after the other, where a checkpoint is committed while older ones are still being removed.
        lock (_pruning)
        {
            try
            {
                return Prune(_folder, keep, Earlier) is { Failures: [{ } first, ..] } ? first : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return e.Message;
            }
        }
    });

    public void Discard(uint epoch)
    {
        string folder = FolderOf(epoch);
        // A rank may still be writing there; what it leaves is pruned after the next commit.
        if (_begun.Contains(epoch) && Directory.Exists(folder) && !File.Exists(Path.Combine(folder, CheckpointManifest.FileName))) _ = TryDelete(folder);
    }

    /// <summary>Removes all but the newest <paramref name="keep"/> checkpoints, and what older attempts left.</summary>
    /// <param name="jobFolder">Of one job.</param>
    /// <param name="keep">At least 1.</param>
    /// <param name="earlier">Checkpoints up to this one stay besides.</param>
    /// <param name="idle">No job is known to write there: attempts newer than the newest checkpoint are left ones, too, if nothing in them has changed for an hour.</param>
    public static Pruned Prune(string jobFolder, int keep, uint earlier = 0, bool idle = false)
    {
        IReadOnlyList<EpochFolder> all = EpochFolder.Of(jobFolder);
        EpochFolder[] committed = [.. all.Where(e => e.Committed && e.Epoch > earlier)];
        uint last = committed is [.., { } newestOne] ? newestOne.Epoch : 0, newest = idle ? uint.MaxValue : last;
        HashSet<uint> kept = [.. committed.TakeLast(Math.Max(keep, 1)).Select(e => e.Epoch)];
        (string Path, string? Failure)[] done =
        [
            .. all.Where(e => !kept.Contains(e.Epoch) && e.Epoch < newest && !(e.Committed && e.Epoch <= earlier) && !RestartLock.IsHeld(e.Path))
                .Where(e => !idle || e.Committed || e.Epoch < last || IsLeft(e.Path)).Select(e => (e.Path, TryDelete(e.Path))),
        ];
        return new Pruned([.. done.Where(d => d.Failure is null).Select(d => d.Path)], [.. done.Select(d => d.Failure).OfType<string>()]);
    }

    /// <summary>The job may be another host's, or another MANA_HOME's, of which this one knows nothing.</summary>
    private static bool IsLeft(string attempt) =>
        Directory.GetFileSystemEntries(attempt).Append(attempt).All(e => DateTime.UtcNow - File.GetLastWriteTimeUtc(e) > TimeSpan.FromHours(1));

    private string FolderOf(uint epoch) => Path.Combine(_folder, EpochFolder.NameOf(epoch));

    /// <summary>The manifest goes first: half a checkpoint never looks like one. Of a link, what it leads to stays.</summary>
    /// <returns>Why it could not be removed.</returns>
    private static string? TryDelete(string folder)
    {
        try
        {
            if (new DirectoryInfo(folder).LinkTarget is not null)
            {
                File.Delete(folder);
                return null;
            }
            File.Delete(Path.Combine(folder, CheckpointManifest.FileName));
            Directory.Delete(folder, recursive: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
