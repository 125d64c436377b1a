using System.Text.Json.Nodes;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;
using Mana.Testing;
using Mono.Unix.Native;
using Xunit;

namespace Mana.Tests.User;

/// <summary>Which checkpoint is meant, of those that are there.</summary>
[Collection(WithInstallation.Name)]
public sealed class CheckpointSearchTests(Installation mana) : IDisposable
{
    private readonly Folder _folder = new();

    private string Settings => Path.Combine(Directory.CreateDirectory(Path.Combine(mana.Home, "..", "config", "mana")).FullName, "config.toml");

    public void Dispose()
    {
        File.Delete(Settings);
        _folder.Dispose();
    }

    /// <summary>Empty checkpoints of a job, with manifests.</summary>
    private CheckpointFolder Commit(string job, params uint[] epochs)
    {
        JobDescription description = new() { Job = job, Program = "sim", WorkingDirectory = "/", Bundle = "mpich", Backend = "mpich", MpiVersion = "4.0.2" };
        CheckpointFolder folder = new(_folder.Path, description, keep: 20);
        foreach (uint epoch in epochs)
        {
            folder.Begin(epoch);
            folder.Commit(new CheckpointRecord(epoch, 0, TimeSpan.Zero, [new RankImage(0, "h", 1, 1, 1, 1)]));
        }
        return folder;
    }

    private async Task<string> FoundAsync(string what)
    {
        Outcome shown = await mana.ManaAsync("images", "show", what, "--json");
        Installation.Require(shown);
        return (string)JsonNode.Parse(shown.Output)!["folder"]!;
    }

    /// <summary>Copies have the times of their copying.</summary>
    [Fact]
    public async Task Of_a_job_the_highest_epoch_whatever_the_times_of_files_say()
    {
        CheckpointFolder job = Commit("sim", 2, 3);
        File.SetLastWriteTimeUtc(Path.Combine(job.Folder, "epoch-0003", "manifest.toml"), DateTime.UtcNow.AddDays(-1));
        Assert.Equal(_folder["sim/epoch-0003"], await FoundAsync(job.Folder));
        Assert.Equal(_folder["sim/epoch-0003"], await FoundAsync(_folder.Path));
        Assert.Equal(_folder["sim/epoch-0002"], await FoundAsync(_folder["sim/epoch-0002/"]));
    }

    /// <summary>A copy of the older one, made later.</summary>
    [Fact]
    public async Task Of_several_jobs_the_one_that_was_committed_last_whatever_the_times_of_files_say()
    {
        Commit("first", 7);
        Commit("second", 2);
        File.SetLastWriteTimeUtc(_folder["first/epoch-0007/manifest.toml"], DateTime.UtcNow.AddDays(1));
        Assert.Equal(_folder["second/epoch-0002"], await FoundAsync(_folder.Path));
    }

    /// <summary>script(1) gives it a terminal.</summary>
    [Fact]
    public async Task What_takes_its_time_is_told_on_a_terminal_and_where_it_is_asked_for()
    {
        const string told = "reading 1 image, ";
        Commit("sim", 1);
        string folder = _folder["sim"];
        Outcome terminal = await mana.RunAsync(["script", "-qec", $"'{mana.Tool}' images verify '{folder}'", "/dev/null"], TimeSpan.FromMinutes(1));
        Assert.Contains(told, terminal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(told, (await mana.ManaAsync("images", "verify", folder)).Errors, StringComparison.Ordinal);
        Assert.Contains(told, (await mana.ManaAsync("images", "verify", "-v", folder)).Errors, StringComparison.Ordinal);
    }

    [RootFact]
    public async Task A_checkpoint_of_another_user_is_restarted_only_by_force()
    {
        const uint nobody = 65534;
        Commit("sim", 1);
        Commit("theirs", 5);
        Assert.Equal(0, Syscall.chown(_folder["theirs/epoch-0005"], nobody, nobody));
        Installation.Refused(await mana.ManaAsync("restart", _folder["theirs"]), 125, "another user's", "--force", _folder["theirs/epoch-0005"]);
        string[] words = ["restart", "--dry-run", "--bundle", "none"];
        // The newest is theirs: what is said of the bundle comes after the search.
        Assert.DoesNotContain("another user", (await mana.ManaAsync([.. words, _folder.Path])).Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("another user", (await mana.ManaAsync([.. words, "--force", _folder["theirs"]])).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_pruned_is_told()
    {
        Commit("sim", 1, 2);
        Installation.Refused(await mana.ManaAsync("images", "prune", _folder["sim/epoch-0001"]), 2, "a single checkpoint", _folder["sim/epoch-0001"]);
        File.Delete(_folder["sim/epoch-0001/manifest.toml"]);
        Directory.CreateDirectory(_folder["sim/epoch-0001/manifest.toml/x"]);
        Installation.Refused(await mana.ManaAsync("images", "prune", "--keep", "1", _folder.Path), 125, "1 folder could not be removed", "epoch-0001");
    }

    [Fact]
    public async Task A_damaged_manifest_hides_no_other()
    {
        CheckpointFolder job = Commit("sim", 1, 2);
        await File.WriteAllTextAsync(_folder["sim/epoch-0001/manifest.toml"], "format = 1\nepoch = ");
        Outcome list = await mana.ManaAsync("images", "list", job.Folder);
        Assert.True(list.ExitCode == 0 && list.Output.Contains("epoch-0002", StringComparison.Ordinal) && list.Errors.Contains("epoch-0001/manifest.toml(2,", StringComparison.Ordinal), list.ToString());
    }

    [Fact]
    public async Task What_is_not_there_or_nobody_wrote_is_told()
    {
        Installation.Refused(await mana.ManaAsync("images", "prune", _folder["none"]), 125, "does not exist", _folder["none"]);
        Installation.Refused(await mana.ManaAsync("images", "verify", _folder["none"]), 125, "there is no checkpoint", "mana images verify PATH");
        Installation.Refused(await mana.ManaAsync("restart", _folder["none"]), 125, "there is no checkpoint", "--checkpoint-dir DIR");
        CheckpointFolder job = Commit("sim", 1);
        await File.WriteAllTextAsync(_folder["sim/epoch-0001/manifest.toml"], "");
        Installation.Refused(await mana.ManaAsync("images", "show", job.Folder), 125, "the manifest of a checkpoint is damaged", "mana images list");
    }

    [Fact]
    public async Task A_restart_completes_the_jobs_that_have_checkpoints()
    {
        Commit("sim", 1);
        Dictionary<string, string?> environment = new(StringComparer.Ordinal) { ["MANA_CHECKPOINT_DIR"] = _folder.Path };
        Assert.Equal("sim\n", (await mana.ManaAsync(environment, "[suggest:13]", "mana restart ")).Output);
    }

    [Fact]
    public async Task As_many_stay_as_the_configuration_says()
    {
        CheckpointFolder job = Commit("sim", 1, 2, 3, 4, 5);
        await File.WriteAllTextAsync(Settings, "keep = 4\n");
        Installation.Require(await mana.ManaAsync("images", "prune", _folder.Path));
        Assert.Equal([2u, 3u, 4u, 5u], EpochFolder.Of(job.Folder).Select(e => e.Epoch));
        Installation.Require(await mana.ManaAsync("images", "prune", "--keep", "1", _folder.Path));
        Assert.Equal([5u], EpochFolder.Of(job.Folder).Select(e => e.Epoch));
    }

    /// <summary>These have no images, so it goes no further than to say so.</summary>
    [Fact]
    public async Task Who_goes_back_is_told_that_newer_ones_stay_and_as_many_as_before_are_kept()
    {
        CheckpointFolder job = Commit("sim", 1, 2, 3);
        Installation.Refused(
            await mana.ManaAsync("restart", "-v", _folder["sim/epoch-0002"]), 125,
            job.Folder + " has newer checkpoints than the one from which this run goes on, up to 3; all that is there stays", ", 20 kept,");
        Outcome newest = await mana.ManaAsync("restart", "-v", "--keep", "3", job.Folder);
        Installation.Refused(newest, 125, ", 3 kept,");
        Assert.DoesNotContain("stay", newest.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_bundle_hides_no_other_and_can_be_removed()
    {
        Directory.CreateDirectory(Path.Combine(mana.Home, "bundles", "damaged"));
        await File.WriteAllTextAsync(Path.Combine(mana.Home, "bundles", "damaged", "manifest.toml"), "format = 99\n");
        Outcome list = await mana.ManaAsync("bundle", "list");
        Assert.True(list.ExitCode == 0 && list.Output.Contains("mpich", StringComparison.Ordinal) && list.Errors.Contains("damaged/manifest.toml", StringComparison.Ordinal), list.ToString());
        Installation.Require(await mana.ManaAsync("bundle", "remove", "damaged"));
        Assert.False(Directory.Exists(Path.Combine(mana.Home, "bundles", "damaged")));
    }
}
