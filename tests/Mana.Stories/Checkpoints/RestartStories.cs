using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>What a user can say at a restart.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class RestartStories(House house)
{
    private const string Steps = "300";
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
        await using Job job = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, "--map", $"{old.Path}={now.Path}", "-n", "2");
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync("files", 2, Steps), output + end.Output);
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
            await using Job job = Job.Restart(place, null, place.JobFolder, Limit);
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
        await using Job job = Job.Restart(place, Mpi.Named(to), place.JobFolder, Limit, "--env", "STORY_CHANGED=a longer one", "--env", "STORY_NEW=x=y");
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.StartsWith("STORY_KEPT=kept\nSTORY_CHANGED=a longer one\nSTORY_NEW=x=y\nOK variables ", output + end.Output, StringComparison.Ordinal);
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
