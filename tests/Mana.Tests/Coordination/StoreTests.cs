using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;
using Mana.Testing;
using Mono.Unix.Native;
using Xunit;

namespace Mana.Tests.Coordination;

/// <summary>A job's folder of checkpoints: what is made there, and what is removed.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly Folder _folder = new();

    private static JobDescription Description => new() { Job = "melt", Program = "./melt", WorkingDirectory = "/w", Bundle = "b", Backend = "mpich", MpiVersion = "4.0.2" };

    private string JobFolder => _folder["ckpt/melt"];

    public void Dispose() => _folder.Dispose();

    private CheckpointFolder Store(int keep = 2, uint earlier = 0) => new(_folder["ckpt"], Description, keep) { Earlier = earlier };

    /// <summary>As a restart from this checkpoint takes the folder.</summary>
    private CheckpointFolder GoOnFrom(uint epoch) => Store(earlier: EarlierRuns.Find(JobFolder, Path.Combine(JobFolder, EpochFolder.NameOf(epoch))).UpTo);

    private uint[] Epochs() => [.. EpochFolder.Of(JobFolder).Select(e => e.Epoch)];

    /// <returns>What was wrong with removing older ones.</returns>
    private static async Task<string?> CommitAsync(CheckpointFolder store, uint epoch)
    {
        store.Begin(epoch);
        Assert.Null(store.Commit(new CheckpointRecord(epoch, 0, TimeSpan.Zero, [new RankImage(0, "h", 1, 1, 1, 1)])).Warning);
        return await store.TidyAsync();
    }

    [Fact]
    public async Task Pruning_keeps_the_newest_checkpoints_and_what_may_be_under_way()
    {
        CheckpointFolder store = Store();
        foreach (uint epoch in (uint[])[1, 2, 3, 4, 5, 6])
            if (epoch is 2 or 3 or 5) Assert.Null(await CommitAsync(store, epoch));
            else store.Begin(epoch);
        Assert.Equal([3u, 5u, 6u], Epochs());
        // By hand, where no job writes; but it may be one of which nobody knows here.
        Assert.Empty(CheckpointFolder.Prune(JobFolder, 2, idle: true).Removed);
        Directory.SetLastWriteTimeUtc(_folder["ckpt/melt/epoch-0006"], DateTime.UtcNow.AddHours(-2));
        Assert.Equal([_folder["ckpt/melt/epoch-0006"]], CheckpointFolder.Prune(JobFolder, 2, idle: true).Removed);
        Directory.Delete(_folder["ckpt/melt/epoch-0003"], recursive: true);
        Directory.Delete(_folder["ckpt/melt/epoch-0005"], recursive: true);
        store.Begin(7);
        Assert.Empty(CheckpointFolder.Prune(JobFolder, 2).Removed);
        Directory.SetLastWriteTimeUtc(_folder["ckpt/melt/epoch-0007"], DateTime.UtcNow.AddHours(-2));
        Assert.Single(CheckpointFolder.Prune(JobFolder, 2, idle: true).Removed);
    }

    /// <summary>A batch script that launches anew instead of going on.</summary>
    [Fact]
    public async Task Checkpoints_of_an_earlier_run_stay()
    {
        CheckpointFolder first = Store();
        for (uint epoch = 38; epoch <= 40; epoch++) Assert.Null(await CommitAsync(first, epoch));
        first.Begin(41); // was killed there
        CheckpointFolder second = Store(earlier: first.Newest!.Epoch);
        Assert.Null(second.Newest);
        for (uint epoch = 42; epoch <= 44; epoch++) Assert.Null(await CommitAsync(second, epoch));
        Assert.Equal([39u, 40u, 43u, 44u], Epochs());
        Assert.Equal(44u, second.Newest!.Epoch);
        // Nor does who goes on from the second remove those of the first.
        CheckpointFolder third = GoOnFrom(44);
        Assert.Null(await CommitAsync(third, 45));
        Assert.Equal([39u, 40u, 44u, 45u], Epochs());
    }

    /// <summary>It had taken a wrong turn, or its newest one is damaged; perhaps the newer ones will be wanted all the same.</summary>
    [Fact]
    public async Task Who_goes_back_to_an_older_checkpoint_loses_none()
    {
        CheckpointFolder first = Store(keep: 7);
        for (uint epoch = 1; epoch <= 7; epoch++) Assert.Null(await CommitAsync(first, epoch));
        CheckpointFolder second = GoOnFrom(3);
        Assert.Null(second.Newest);
        for (uint epoch = 8; epoch <= 10; epoch++) Assert.Null(await CommitAsync(second, epoch));
        Assert.Equal([1u, 2u, 3u, 4u, 5u, 6u, 7u, 9u, 10u], Epochs());
        Assert.Null(await CommitAsync(GoOnFrom(10), 11));
        Assert.Equal([1u, 2u, 3u, 4u, 5u, 6u, 7u, 10u, 11u], Epochs());
        // And forth again, which leaves those alone that were made in between.
        Assert.Null(await CommitAsync(GoOnFrom(7), 12));
        Assert.Equal([1u, 2u, 3u, 4u, 5u, 6u, 7u, 10u, 11u, 12u], Epochs());
    }

    [Fact]
    public async Task Who_goes_on_from_the_newest_carries_its_run_on()
    {
        CheckpointFolder first = Store();
        for (uint epoch = 1; epoch <= 2; epoch++) Assert.Null(await CommitAsync(first, epoch));
        first.Begin(3); // was killed there
        CheckpointFolder second = GoOnFrom(2);
        Assert.Equal(2u, second.Newest!.Epoch);
        Assert.Null(await CommitAsync(second, 4));
        Assert.Equal([2u, 4u], Epochs());
        Assert.Null(EarlierRuns.Find(JobFolder, _folder["ckpt/melt/epoch-0004"]).Remark);
        Assert.Contains("newer checkpoints", EarlierRuns.Find(JobFolder, _folder["ckpt/melt/epoch-0002"]).Remark, StringComparison.Ordinal);
        Assert.Contains("earlier run, up to 4", EarlierRuns.Find(JobFolder, null).Remark, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_removed_is_told_and_of_a_link_only_the_link_goes()
    {
        CheckpointFolder store = Store(keep: 1);
        Assert.Null(await CommitAsync(store, 1));
        Directory.CreateDirectory(_folder["archive"]);
        await File.WriteAllTextAsync(_folder["archive/manifest.toml"], "");
        Directory.CreateSymbolicLink(_folder["ckpt/melt/epoch-0002"], _folder["archive"]);
        // Root may remove all but what is not empty, and no file: a folder in the manifest's place.
        Directory.Delete(_folder["ckpt/melt/epoch-0001"], recursive: true);
        Directory.CreateDirectory(_folder["ckpt/melt/epoch-0001/manifest.toml/x"]);
        Assert.Contains("manifest.toml", await CommitAsync(store, 3), StringComparison.Ordinal);
        Assert.Equal([1u, 3u], Epochs());
        Assert.True(File.Exists(_folder["archive/manifest.toml"]));
        Assert.Single(CheckpointFolder.Prune(JobFolder, 1).Failures);
    }

    [Fact]
    public async Task A_lock_that_cannot_be_read_is_somebodys_and_spoils_no_checkpoint()
    {
        CheckpointFolder store = Store(keep: 1);
        Assert.Null(await CommitAsync(store, 1));
        File.CreateSymbolicLink(Path.Combine(store.Folder, EpochFolder.NameOf(1), "restart.lock"), "/proc/self/mem");
        for (uint epoch = 2; epoch <= 3; epoch++) Assert.Null(await CommitAsync(store, epoch));
        Assert.Equal([1u, 3u], Epochs());
    }

    /// <summary>Of another home of mana's, or another container.</summary>
    [Fact]
    public void Two_jobs_do_not_write_into_one_checkpoint()
    {
        CheckpointFolder store = Store(), other = Store();
        string folder = store.Begin(1);
        Assert.Contains("another job", Assert.Throws<IOException>(() => other.Begin(1)).Message, StringComparison.Ordinal);
        other.Discard(1);
        Assert.True(Directory.Exists(folder));
        store.Discard(1);
        Assert.False(Directory.Exists(folder));
    }

    [RootFact]
    public async Task A_folder_of_another_user_is_neither_written_nor_restarted_from()
    {
        const uint nobody = 65534;
        CheckpointFolder store = Store();
        Assert.Null(await CommitAsync(store, 1));
        EpochFolder epoch = Assert.Single(EpochFolder.Of(store.Folder));
        Assert.True(epoch.IsOwn);
        Assert.Equal(0, Syscall.chown(epoch.Manifest, nobody, nobody));
        Assert.False(epoch.IsOwn);
        Assert.Equal(0, Syscall.chown(store.Folder, nobody, nobody));
        Assert.Contains("another user", Assert.Throws<IOException>(() => store.Begin(2)).Message, StringComparison.Ordinal);
        store.Discard(2);
        Assert.Equal([1u], Epochs());
    }
}
