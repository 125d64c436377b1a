namespace Mana.Coordinator.Jobs;

/// <summary>
/// What is not a new run's to remove, of the checkpoints that it finds where its own go. A job that goes on from the newest of them carries that run on, and
/// <c>--keep</c> counts for both together. One that goes back to an older checkpoint, or does not go on from any of them, is a run of its own: all that is there stays.
/// </summary>
/// <param name="UpTo">The highest number of those that stay; 0: none.</param>
/// <param name="Remark">For the user; null where there is nothing to say.</param>
public sealed record EarlierRuns(uint UpTo, string? Remark)
{
    /// <param name="jobFolder">Where checkpoints will go; it need not be there.</param>
    /// <param name="from">The checkpoint from which the job goes on; null for none.</param>
    public static EarlierRuns Find(string jobFolder, string? from)
    {
        if (EpochFolder.Of(jobFolder).LastOrDefault(e => e.Committed) is not { } newest) return new EarlierRuns(0, null);
        if (from is not null && CheckpointFolder.IsSame(from, newest.Path)) return new EarlierRuns(CheckpointManifest.Read(newest.Manifest).Earlier, null);
        bool goesBack = from is not null && CheckpointFolder.IsSame(Path.GetDirectoryName(from)!, jobFolder);
        return new EarlierRuns(newest.Epoch, goesBack
            ? $"{jobFolder} has newer checkpoints than the one from which this run goes on, up to {newest.Epoch}; all that is there stays, and this run's go beside them"
            : $"{jobFolder} has checkpoints of an earlier run, up to {newest.Epoch}; they stay, and this one's go beside them");
    }
}
