using System.Globalization;
using Mana.Coordinator.Checkpoint;

namespace Mana.Coordinator.Jobs;

/// <summary>An epoch's folder: FOLDER/JOB/epoch-NNNN. <paramref name="Committed"/>: it has a manifest, so it is a checkpoint.</summary>
public sealed record EpochFolder(uint Epoch, string Path, bool Committed)
{
    private const string Prefix = "epoch-";

    public string Manifest => System.IO.Path.Combine(Path, CheckpointManifest.FileName);

    public static string NameOf(uint epoch) => Prefix + epoch.ToString("D4", CultureInfo.InvariantCulture);

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

/// <summary>The checkpoints of one job: the only place where they are made and removed.</summary>
/// <param name="root">--checkpoint-dir.</param>
/// <param name="job">What runs.</param>
/// <param name="keep">How many committed ones stay.</param>
/// <param name="faults">Of tests.</param>
public sealed class CheckpointFolder(string root, JobDescription job, int keep, CoordinatorFaults? faults = null) : ICheckpointStore
{
    private readonly string _folder = Path.Combine(Path.GetFullPath(root), job.Job);

    public string Folder => _folder;

    public EpochFolder? Newest => EpochFolder.Of(_folder).LastOrDefault(e => e.Committed);

    /// <summary>Of all that is there, committed or not; a new job counts on from it.</summary>
    public uint HighestEpoch => EpochFolder.Of(_folder) is [.., { } last] ? last.Epoch : 0;

    public string Begin(uint epoch)
    {
        string folder = FolderOf(epoch);
        Directory.CreateDirectory(folder, DurableFile.OwnFolder);
        return folder;
    }

    /// <summary>
    /// Images and their names are on disk (agents sync both); then the manifest, under another name first: its rename is the commit, which nothing that fails
    /// later can undo.
    /// </summary>
    public CommittedCheckpoint Commit(CheckpointRecord record)
    {
        string folder = FolderOf(record.Epoch);
        CheckpointManifest manifest = new(job, record, Environment.MachineName, DateTimeOffset.UtcNow);
        DurableFile.SyncFolder(folder);
        DurableFile.SyncFolder(_folder);
        DurableFile.SyncFolder(Path.GetDirectoryName(_folder)!);
        DurableFile.Write(Path.Combine(folder, CheckpointManifest.FileName), manifest.Write(), () => faults?.At(CoordinatorFault.BeforeRename, record.Epoch));
        return new CommittedCheckpoint(folder, AfterCommit(folder));
    }

    /// <summary>What went wrong, if something did.</summary>
    private string? AfterCommit(string folder)
    {
        try
        {
            DurableFile.SyncFolder(folder);
            Prune(_folder, keep);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    public void Discard(uint epoch)
    {
        string folder = FolderOf(epoch);
        // A rank may still be writing there; what it leaves is pruned after the next commit.
        if (Directory.Exists(folder) && !File.Exists(Path.Combine(folder, CheckpointManifest.FileName))) _ = TryDelete(folder);
    }

    /// <summary>Removes all but the newest <paramref name="keep"/> checkpoints, and what older attempts left.</summary>
    /// <returns>What was removed.</returns>
    public static IReadOnlyList<string> Prune(string jobFolder, int keep)
    {
        IReadOnlyList<EpochFolder> all = EpochFolder.Of(jobFolder);
        EpochFolder[] committed = [.. all.Where(e => e.Committed)];
        if (committed.Length == 0) return [];
        HashSet<uint> kept = [.. committed.TakeLast(Math.Max(keep, 1)).Select(e => e.Epoch)];
        // An attempt newer than the newest checkpoint may be under way.
        return [.. all.Where(e => !kept.Contains(e.Epoch) && e.Epoch < committed[^1].Epoch && !RestartLock.IsHeld(e.Path)).Select(e => e.Path).Where(TryDelete)];
    }

    private string FolderOf(uint epoch) => Path.Combine(_folder, EpochFolder.NameOf(epoch));

    /// <summary>The manifest goes first: half a checkpoint never looks like one.</summary>
    private static bool TryDelete(string folder)
    {
        try
        {
            File.Delete(Path.Combine(folder, CheckpointManifest.FileName));
            Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
