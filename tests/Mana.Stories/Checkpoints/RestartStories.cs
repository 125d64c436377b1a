using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>What a user can say at a restart.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class RestartStories(House house)
{
    private const string Steps = "300";

    /// <summary>So many that a rank can be killed before the last.</summary>
    private const string Long = "1000";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_job_goes_on_in_another_folder()
    {
        using Folder old = new(), now = new();
        string output = await StopAsync(new Job.Place(house, old, "moving", 2, Stories.Environment), "files");
        Outcome copied = await Bounded.RunAsync(["cp", "-a", old.Path + "/.", now.Path], "/", Mpi.Environment, TimeSpan.FromMinutes(1));
        Assert.True(copied.ExitCode == 0, copied.ToString());
        Directory.Delete(old.Path, recursive: true);
        Job.Place place = new(house, now, "moving", 2, Stories.Environment);
        await using (Job lost = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit))
        {
            Outcome refused = await lost.Running;
            Assert.True(refused.ExitCode == Job.ManaFailed && refused.Errors.Contains("--map", StringComparison.Ordinal), refused.ToString());
        }
        await using Job job = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, ["--map", $"{old.Path}={now.Path}", "-n", "2", .. Job.Hurry]);
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync("files", 2, Steps), output + end.Output);
    }

    /// <summary>The two commands of README's first screen.</summary>
    [Fact]
    public async Task Neither_job_nor_checkpoint_need_be_named_where_there_is_one()
    {
        using Folder folder = new();
        Directory.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(folder["home"]).FullName, "bundles"), Path.Combine(house.Tool.Home, "bundles"));
        Dictionary<string, string?> environment = new(house.EnvironmentIn(folder, Stories.Environment), StringComparer.Ordinal) { ["MANA_HOME"] = folder["home"] };
        Task<Outcome> ManaAsync(params string[] words) => Bounded.RunAsync([house.Tool.Mana, .. words], folder.Path, environment, Limit);
        Task<Outcome> running = ManaAsync("launch", "--bundle", "openmpi", "-n", "2", "--", House.CheckpointStory("files", Mpi.OpenMpi), Steps);
        Outcome stopped = await ManaAsync("checkpoint", "--stop");
        for (int tries = 0; stopped.ExitCode != 0 && tries < 20 && !running.IsCompleted; tries++)
        {
            await Task.Delay(200);
            stopped = await ManaAsync("checkpoint", "--stop");
        }
        Outcome begin = await running;
        Assert.True(stopped.ExitCode == 0 && begin.ExitCode == Job.Stopped, $"{stopped}\n{begin}");
        Outcome end = await ManaAsync(["restart", "--bundle", "mpich", .. Job.Hurry]);
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync("files", 2, Steps), begin.Output + end.Output);
    }

    /// <summary>Of its input it has read a part, some lies in a pipe; and it has more files open than an MPI leaves room for.</summary>
    [Theory]
    [InlineData("openmpi", "mpich")]
    [InlineData("mpich", "openmpi")]
    public async Task A_job_reads_the_rest_of_its_input_after_a_restart(string from, string to)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "input", 2, Stories.Environment, string.Concat(Enumerable.Range(0, int.Parse(Steps)).Select(i => $"{i:0000}{new string('.', 100)}\n")));
        string output = await StopAsync(place, "input", from);
        await using Job job = Job.Restart(place with { Input = "not this\n" }, Mpi.Named(to), place.JobFolder, Limit, Job.Hurry);
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.StartsWith("OK input ", output + end.Output, StringComparison.Ordinal);
    }

    /// <summary>It is found before any rank has changed anything, and named.</summary>
    [Fact]
    public async Task A_datatype_that_the_other_MPI_lacks_is_named_and_the_job_goes_on_where_it_is()
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "lacking", 2, Stories.Environment);
        string output = await StopAsync(place, "lacking");
        await using (Job poor = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit))
        {
            Outcome refused = await poor.Running;
            Assert.True(refused.ExitCode == Job.ManaFailed && refused.Errors.Contains("is refused: the program uses MPI_LOGICAL1, which this MPI lacks", StringComparison.Ordinal), refused.ToString());
        }
        await using Job job = Job.Restart(place, Mpi.OpenMpi, place.JobFolder, Limit, Job.Hurry);
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync("lacking", 2, Steps), output + end.Output);
    }

    /// <summary>The job ran on after the checkpoint, wrote in place, and died: what it would find is not what it left.</summary>
    [Fact]
    public async Task A_file_overwritten_after_the_checkpoint_is_named_and_nothing_is_changed()
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "overwritten", 2, Stories.Environment);
        await using (Job job = Job.Launch(place, Mpi.OpenMpi, [House.CheckpointStory("files", Mpi.OpenMpi), Long], Limit))
        {
            Assert.True(await job.IsUnderWayAsync());
            await Task.Delay(500);
            Outcome checkpoint = await job.CheckpointAsync();
            Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
            await Task.Delay(500);
            await job.SignalRankAsync(1, "KILL");
            Assert.NotEqual(0, (await job.Running).ExitCode);
        }
        long grown = new FileInfo(folder["files-log.0"]).Length;
        await using Job restarted = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit);
        Outcome refused = await restarted.Running;
        Assert.True(refused.ExitCode == Job.ManaFailed, refused.ToString());
        Assert.Contains(folder["files-records."], refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--keep-files", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(grown, new FileInfo(folder["files-log.0"]).Length);
    }

    /// <summary>The bundle it ran on no longer fits this machine: its library is said to have had another size.</summary>
    [Fact]
    public async Task A_restart_that_names_no_bundle_takes_one_that_fits()
    {
        using Folder folder = new();
        string bundles = Path.Combine(house.Tool.Home, "bundles"), aged = Path.Combine(bundles, "aged"), manifest = Path.Combine(aged, "manifest.toml");
        Outcome copied = await Bounded.RunAsync(["cp", "-a", Path.Combine(bundles, "mpich"), aged], "/", Mpi.Environment, TimeSpan.FromMinutes(1));
        Assert.True(copied.ExitCode == 0, copied.ToString());
        try
        {
            Job.Place place = new(house, folder, "unnamed", 2, Stories.Environment);
            string output = await StopAsync(place, "inflight", "aged");
            string text = await File.ReadAllTextAsync(manifest);
            await File.WriteAllTextAsync(manifest, text.Insert(text.IndexOf("\nsize = ", StringComparison.Ordinal) + "\nsize = ".Length, "1"));
            await using Job job = Job.Restart(place, null, place.JobFolder, Limit, Job.Hurry);
            Outcome end = await job.Running;
            Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
            Assert.True(end.Errors.Contains("'aged' no longer fits", StringComparison.Ordinal) && end.Errors.Contains("bundle mpich", StringComparison.Ordinal), end.ToString());
            Assert.Equal(await house.NativeStoryAsync("inflight", 2, Steps), output + end.Output);
        }
        finally
        {
            Directory.Delete(aged, recursive: true);
        }
    }

    [Theory]
    [InlineData("openmpi", "mpich")]
    [InlineData("mpich", "openmpi")]
    public async Task A_restart_changes_the_programs_variables(string from, string to)
    {
        using Folder folder = new();
        Dictionary<string, string?> environment = new(Stories.Environment, StringComparer.Ordinal) { ["STORY_KEPT"] = "kept", ["STORY_CHANGED"] = "first" };
        Job.Place place = new(house, folder, "variables", 2, environment);
        string output = await StopAsync(place, "variables", from);
        await using Job job = Job.Restart(place, Mpi.Named(to), place.JobFolder, Limit, ["--env", "STORY_CHANGED=a longer one", "--env", "STORY_NEW=x=y", .. Job.Hurry]);
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.StartsWith("STORY_KEPT=kept\nSTORY_CHANGED=a longer one\nSTORY_NEW=x=y\nOK variables ", output + end.Output, StringComparison.Ordinal);
    }

    /// <summary>The thread that may call MPI takes its part in a checkpoint, though it has not called MPI since the restart.</summary>
    [Theory]
    [InlineData("openmpi", "mpich")]
    [InlineData("mpich", "openmpi")]
    public async Task A_job_whose_main_threads_stay_away_from_MPI_is_stopped_after_a_restart_too(string from, string to)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "away", 2, Stories.Environment);
        await using (Job job = Job.Launch(place, Mpi.Named(from), [House.CheckpointStory("away", Mpi.OpenMpi)], Limit)) await StopAwayAsync(job, folder);
        await using (Job again = Job.Restart(place, Mpi.Named(to), place.JobFolder, Limit)) await StopAwayAsync(again, folder);
        await using Job last = Job.Restart(place, Mpi.Named(from), place.JobFolder, Limit);
        await File.WriteAllTextAsync(folder["go"], "");
        Outcome end = await last.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false } && end.Output.StartsWith("OK away ", StringComparison.Ordinal), end.ToString());
    }

    private static async Task StopAwayAsync(Job job, Folder folder)
    {
        Assert.True(await job.IsUnderWayAsync());
        for (int tries = 0; tries < 600 && !Enumerable.Range(0, 2).All(rank => File.Exists(folder[$"away-{rank}"])); tries++) await Task.Delay(100);
        Outcome checkpoint = await job.CheckpointAsync("--stop", "--timeout", "40s");
        Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
        Outcome stopped = await job.Running;
        Assert.True(stopped.ExitCode == Job.Stopped, stopped.ToString());
    }

    /// <summary>Starts a story and stops it half a second later; what it has printed until then.</summary>
    private static async Task<string> StopAsync(Job.Place place, string story, string bundle = "openmpi")
    {
        await using Job job = Job.Launch(place, new Mpi(bundle, Launcher: ""), [House.CheckpointStory(story, Mpi.OpenMpi), Steps], Limit);
        Assert.True(await job.IsUnderWayAsync());
        await Task.Delay(500);
        Outcome? stopped = await job.StopAsync();
        Assert.NotNull(stopped);
        return stopped.Output;
    }
}
