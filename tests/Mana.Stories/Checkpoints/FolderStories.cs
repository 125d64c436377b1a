using System.Globalization;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>The folder of checkpoints cannot be made, or is removed while images are written: the checkpoint fails with a reason, the job goes on.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class FolderStories(House house)
{
    private const string Story = "memory", Steps = "600";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_folder_that_is_none_or_goes_away_costs_a_checkpoint_and_nothing_more()
    {
        using Folder folder = new();
        // Rank 1 stops when half of its first image is written, as a slow disk would have it.
        Dictionary<string, string?> environment = new(Stories.Environment, StringComparer.Ordinal) { ["MANA_FAULT"] = "HALF_WRITTEN:1:stop" };
        Job.Place place = new(house, folder, "folders", 2, environment);
        await using Job job = Job.Launch(place, Mpi.OpenMpi, [House.CheckpointStory(Story, Mpi.OpenMpi), Steps], Limit);
        await job.RequireUnderWayAsync();
        await File.WriteAllTextAsync(place.Checkpoints, "not a folder");
        AssertFailed(await job.CheckpointAsync(), place);
        File.Delete(place.Checkpoints);

        int slow = await job.PidOfRankAsync(1);
        Task<Outcome> checkpoint = job.CheckpointAsync();
        for (int tries = 0; !IsStopped(slow) && tries < 600; tries++) await Task.Delay(50);
        Assert.True(IsStopped(slow), checkpoint.IsCompleted ? (await checkpoint).ToString() : "rank 1 does not come to half of its image");
        Directory.Delete(place.Checkpoints, recursive: true);
        await Job.KillAsync("CONT", slow);
        AssertFailed(await checkpoint, place);

        Outcome taken = await job.CheckpointAsync();
        Assert.True(taken.ExitCode == 0, taken.ToString());
        Assert.Single(place.Committed);
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Steps), end.Output);
    }

    /// <summary>A file system of its own, which only the job sees, and whoever looks through one of its processes.</summary>
    [MountFact]
    public async Task A_file_system_that_is_full_or_may_not_be_written_costs_a_checkpoint_and_nothing_more()
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "brimful", 2, Stories.Environment);
        Directory.CreateDirectory(place.Checkpoints);
        string[] mount = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1g none \"$0\" && exec \"$@\"", place.Checkpoints];
        IReadOnlyList<string> launch = house.Tool.Launch(Mpi.OpenMpi, 2, [House.CheckpointStory(Story, Mpi.OpenMpi), Steps], ["--job", place.Name, "--checkpoint-dir", place.Checkpoints]);
        await using Job job = Job.Run(place, [.. mount, .. launch], Limit);
        await job.RequireUnderWayAsync();
        string rank = (await job.PidOfRankAsync(0)).ToString(CultureInfo.InvariantCulture);
        string seen = $"/proc/{rank}/root{place.Checkpoints}", ofJob = Path.Combine(seen, place.Name);
        Require(await job.CheckpointAsync());
        string[] before = Directory.GetDirectories(ofJob);

        Require(await RunAsync("sh", "-c", "fallocate -l $(($(stat -f -c '%a * %S' \"$0\") - 1000000)) \"$0/filler\"", seen));
        Outcome failed = await job.CheckpointAsync();
        AssertFailed(failed, place);
        Assert.Contains("No space left on device", failed.Errors, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetDirectories(ofJob));

        File.Delete(Path.Combine(seen, "filler"));
        Task<Outcome> RemountAsync(string how) => RunAsync("nsenter", "-t", rank, "-m", "mount", "-o", "remount," + how, place.Checkpoints);
        Require(await RemountAsync("ro"));
        failed = await job.CheckpointAsync();
        AssertFailed(failed, place);
        Assert.Contains("Read-only file system", failed.Errors, StringComparison.Ordinal);
        Require(await RemountAsync("rw"));

        Outcome taken = await job.CheckpointAsync();
        Require(taken);
        Require(await RunAsync(house.Tool.Mana, "images", "verify", Path.Combine(ofJob, Path.GetFileName(taken.Output.Trim()))));
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Steps), end.Output);
    }

    private static Task<Outcome> RunAsync(params string[] words) => Bounded.RunAsync(words, "/", new Dictionary<string, string?>(StringComparer.Ordinal), TimeSpan.FromSeconds(60));

    private static void Require(Outcome outcome) => Assert.True(outcome.ExitCode == 0, outcome.ToString());

    private static void AssertFailed(Outcome checkpoint, Job.Place place)
    {
        Assert.True(checkpoint.ExitCode == Job.ManaFailed && checkpoint.Errors.Contains(place.Checkpoints, StringComparison.Ordinal), checkpoint.ToString());
        Assert.Contains("The job goes on", checkpoint.Errors, StringComparison.Ordinal);
    }

    private static bool IsStopped(int pid) => File.ReadAllText($"/proc/{pid}/stat").Contains(") T ", StringComparison.Ordinal);
}
