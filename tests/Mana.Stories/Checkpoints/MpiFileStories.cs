using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>What happens to files that a program has open through MPI_File_open, when a job is stopped, dies, moves, or cannot be checkpointed just then.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class MpiFileStories(House house)
{
    private const string Steps = "300";

    /// <summary>Steps of a story that its user is to reach with several commands, or whose first half is to last until he has asked for a checkpoint: some ten seconds.</summary>
    private const string Long = "1000";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>What was written after the checkpoint is written again, and is no part of the files any more.</summary>
    [Theory]
    [InlineData("openmpi", "mpich")]
    [InlineData("mpich", "openmpi")]
    public async Task A_job_that_died_goes_on_with_the_files_as_they_were(string from, string to)
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "grown");
        await using (Job job = Launch(place, "mpiviews", from, Long))
        {
            await UnderWayAsync(job);
            Outcome checkpoint = await job.CheckpointAsync();
            Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
            await Task.Delay(500);
            await job.SignalRankAsync(1, "KILL");
            Assert.NotEqual(0, (await job.Running).ExitCode);
        }
        await using Job restarted = Job.Restart(place, Mpi.Named(to), place.JobFolder, Limit, Job.Hurry);
        await AssertResultAsync(await restarted.Running, "mpiviews", steps: Long);
        Assert.True(new FileInfo(folder["mpiviews-atomic.mana-tail-1"]).Length > 0);
        Assert.True(File.Exists(folder["mpiviews-external.0.mana-tail-1"]) && File.Exists(folder["mpiviews-external.1.mana-tail-1"]));
    }

    [Fact]
    public async Task A_stopped_job_leaves_its_files_and_nothing_of_the_MPIs_beside_them()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "tidy");
        string output = await StopAsync(place, "mpifiles", "mpich");
        Assert.Equal(
            ["mpifiles-grid", "mpifiles-late", "mpifiles-order", "mpifiles-own.0", "mpifiles-own.1", "mpifiles-shared"],
            Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        await using Job job = Job.Restart(place, Mpi.OpenMpi, place.JobFolder, Limit, Job.Hurry);
        await AssertResultAsync(await job.Running, "mpifiles", output);
        Assert.False(File.Exists(folder["mpifiles-own.0"])); // deleted on close
    }

    [Fact]
    public async Task A_file_that_is_gone_is_named_before_anything_is_changed()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "gone");
        string output = await StopAsync(place, "mpifiles", "openmpi");
        File.Move(folder["mpifiles-order"], folder["elsewhere"]);
        await File.AppendAllTextAsync(folder["mpifiles-late"], "not the program's");
        await using (Job lost = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit))
        {
            Outcome refused = await lost.Running;
            Assert.True(refused.ExitCode == Job.ManaFailed && refused.Errors.Contains(folder["mpifiles-order"], StringComparison.Ordinal), refused.ToString());
        }
        Assert.EndsWith("not the program's", await File.ReadAllTextAsync(folder["mpifiles-late"]), StringComparison.Ordinal);
        File.Move(folder["elsewhere"], folder["mpifiles-order"]);
        await using Job job = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, Job.Hurry);
        await AssertResultAsync(await job.Running, "mpifiles", output);
        Assert.Equal("not the program's", await File.ReadAllTextAsync(folder["mpifiles-late.mana-tail-1"]));
    }

    [Fact]
    public async Task A_job_with_files_of_MPI_goes_on_in_another_folder()
    {
        using Folder old = new(), now = new();
        string output = await StopAsync(PlaceIn(old, "moving"), "mpifiles", "openmpi");
        Outcome copied = await Bounded.RunAsync(["cp", "-a", old.Path + "/.", now.Path], "/", Mpi.Environment, TimeSpan.FromMinutes(1));
        Assert.True(copied.ExitCode == 0, copied.ToString());
        Directory.Delete(old.Path, recursive: true);
        Job.Place place = PlaceIn(now, "moving");
        await using Job job = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, ["--map", $"{old.Path}={now.Path}", .. Job.Hurry]);
        await AssertResultAsync(await job.Running, "mpifiles", output);
    }

    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task A_split_collective_that_has_begun_is_named_and_the_job_goes_on(string site)
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "split");
        await using Job job = Launch(place, "mpisplit", site, Long);
        await UnderWayAsync(job);
        Outcome refused = await job.CheckpointAsync();
        Assert.True(refused.ExitCode == Job.ManaFailed, refused.ToString());
        Assert.Contains("MPI_File_write_at_all_begin has begun on the file " + folder["mpisplit-"], refused.Errors, StringComparison.Ordinal);
        Assert.Empty(place.Committed);
        while (!job.Running.IsCompleted && (await job.CheckpointAsync()).ExitCode != 0) await Task.Delay(200);
        Assert.NotEmpty(place.Committed); // in the second half
        await AssertResultAsync(await job.Running, "mpisplit", steps: Long);
    }

    private Job.Place PlaceIn(Folder folder, string name) => new(house, folder, "files-" + name, 2, Stories.Environment);

    private static Job Launch(Job.Place place, string story, string site, string steps = Steps) =>
        Job.Launch(place, Mpi.Named(site), [House.CheckpointStory(story, Mpi.OpenMpi), steps], Limit);

    private static async Task UnderWayAsync(Job job) => Assert.True(await job.IsUnderWayAsync(), job.Running.IsCompleted ? (await job.Running).ToString() : "it does not get under way");

    /// <summary>Starts a story and stops it half a second later; what it has printed until then.</summary>
    private static async Task<string> StopAsync(Job.Place place, string story, string site)
    {
        await using Job job = Launch(place, story, site);
        await UnderWayAsync(job);
        await Task.Delay(500);
        Outcome? stopped = await job.StopAsync();
        Assert.NotNull(stopped);
        return stopped.Output;
    }

    private async Task AssertResultAsync(Outcome end, string story, string before = "", string steps = Steps)
    {
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(story, 2, steps), before + end.Output);
    }
}
