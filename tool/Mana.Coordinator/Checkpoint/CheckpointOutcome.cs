using Mana.Common.Errors;

namespace Mana.Coordinator.Checkpoint;

/// <summary>How a request ended: committed (then Error is null), or why not.</summary>
/// <param name="Epoch">Of the checkpoint; 0 where none was begun.</param>
/// <param name="Folder">Where it is.</param>
/// <param name="Bytes">Of all images on disk.</param>
/// <param name="Elapsed">From intent to commit.</param>
/// <param name="Stopped">The job ends now.</param>
public sealed record CheckpointOutcome(uint Epoch, string Folder, ulong Bytes, TimeSpan Elapsed, bool Stopped, UserError? Error)
{
    public bool Committed => Error is null;

    /// <summary>What went wrong after the commit, which stands: null, or a sentence.</summary>
    public string? Warning { get; init; }

    /// <summary>Older checkpoints are removed while ranks run on already. It ends with what went wrong there: null, or a sentence.</summary>
    public Task<string?> Tidied { get; init; } = Task.FromResult<string?>(null);

    /// <summary>With the warning of <see cref="Tidied"/>, when that has ended.</summary>
    public async Task<CheckpointOutcome> WholeAsync() => await Tidied is { } trouble ? this with { Warning = trouble } : this;

    public static CheckpointOutcome Failed(uint epoch, UserError error) => new(epoch, "", 0, TimeSpan.Zero, false, error);
}

/// <summary>Whoever asked for a checkpoint. Called by the coordinator, never for long.</summary>
public interface IRequester
{
    public void Progress(string line);

    public void Done(CheckpointOutcome outcome);
}

/// <summary>What one rank wrote. <paramref name="Stored"/>: bytes of its file; <paramref name="Bytes"/>: of memory in it.</summary>
public sealed record RankImage(int Rank, string Host, ulong Bytes, ulong Stored, ulong Checksum, uint Milliseconds);

/// <summary>One that is committed: its folder, and what went wrong after that, if something did. Only behind one that <paramref name="IsSynced"/> may older ones go.</summary>
public sealed record CommittedCheckpoint(string Folder, bool IsSynced, string? Warning);

/// <summary>A checkpoint that can be committed.</summary>
public sealed record CheckpointRecord(uint Epoch, uint ThreadLevel, TimeSpan Elapsed, IReadOnlyList<RankImage> Images);

/// <summary>Where checkpoints are kept. What fails throws IOException or UnauthorizedAccessException.</summary>
public interface ICheckpointStore
{
    /// <summary>The folder of a new attempt, made now; full path.</summary>
    public string Begin(uint epoch);

    /// <summary>Makes it a checkpoint: all of it, or nothing, whenever the machine stops. Throws only where it is none.</summary>
    public CommittedCheckpoint Commit(CheckpointRecord record);

    /// <summary>After a commit: begins to remove what is no longer kept, and does not wait for it.</summary>
    /// <returns>Ends with why something could not be removed, or null.</returns>
    public Task<string?> TidyAsync();

    /// <summary>Removes an attempt, as far as that can be.</summary>
    public void Discard(uint epoch);
}
