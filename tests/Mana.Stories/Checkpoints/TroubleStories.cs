using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>Checkpoints that are joined, refused, or spoiled: the user is told what happened to which file or rank, and nothing is lost.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class TroubleStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Steps of a story that is to live until its user has done with it: some eight seconds.</summary>
    private const string Long = "600";

    /// <summary>Of one whose ranks are often late, so that these take as long.</summary>
    private const string LongForLate = "400";

    public static TheoryData<string> Sites() => ["mpich", "openmpi"];

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task A_checkpoint_without_stop_leaves_the_job_running(string site)
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "going-on");
        await using Job job = Launch(place, "inflight", site);
        Assert.True(await job.IsUnderWayAsync(), await EndOf(job));
        for (int epoch = 1; epoch <= 2; epoch++)
        {
            Outcome checkpoint = await job.CheckpointAsync("--json");
            Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
            Assert.Equal(epoch, (int?)JsonNode.Parse(checkpoint.Output)?["epoch"]);
            Assert.Equal(epoch, place.Committed.Count);
        }
        await AssertResultAsync(await job.Running, "inflight");
    }

    [Fact]
    public async Task A_second_checkpoint_joins_the_one_under_way()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "joining");
        await using Job job = Launch(place, "memory", "openmpi", "--keep", "20");
        Assert.True(await job.IsUnderWayAsync(), await EndOf(job));
        await SignalAsync(job, "STOP"); // nothing goes on until both have asked
        Task<Outcome[]> both = Task.WhenAll(job.CheckpointAsync(), job.CheckpointAsync());
        await Task.Delay(TimeSpan.FromSeconds(5));
        Assert.False(both.IsCompleted);
        await SignalAsync(job, "CONT");
        Assert.All(await both, outcome => Assert.True(outcome.ExitCode == 0, outcome.ToString()));
        Assert.Single(place.Committed);
        await AssertResultAsync(await job.Running, "memory");
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task A_checkpoint_during_MPI_Init_waits_for_it(string site)
    {
        // Rank 0 waits in MPI_Init for the other, which has not even begun it.
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "early");
        string[] program = ["sh", "-c", $"test ${{PMI_RANK:-$OMPI_COMM_WORLD_RANK}} = 0 || sleep 3; exec {House.CheckpointStory("objects", Mpi.OpenMpi)} {Long}"];
        await using Job job = Job.Launch(place, Mpi.Named(site), program, Limit);
        string? state = null;
        for (int tries = 0; state is null && tries < 100 && !job.Running.IsCompleted; tries++) state = (string?)(await job.StatusAsync())?["state"];
        Assert.Equal("starting", state);
        Outcome checkpoint = await job.CheckpointAsync();
        Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
        Assert.Single(place.Committed);
        await AssertResultAsync(await job.Running, "objects");
    }

    /// <summary>The address and the port are the job file's, which only its owner can read; a port can be found by anybody.</summary>
    [Fact]
    public async Task Garbage_on_the_coordinators_port_does_not_disturb_a_checkpoint()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "garbage");
        await using Job job = Launch(place, "inflight", "mpich");
        Assert.True(await job.IsUnderWayAsync(), await EndOf(job));
        string port = File.ReadLines(place.JobFile).Single(l => l.StartsWith("port", StringComparison.Ordinal)).Split('=')[1].Trim();
        using CancellationTokenSource enough = new();
        Task<int> strangers = DisturbAsync(int.Parse(port), enough.Token);
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            Outcome checkpoint = await job.CheckpointAsync();
            Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
        }
        await enough.CancelAsync();
        Assert.InRange(await strangers, 10, int.MaxValue);
        await AssertResultAsync(await job.Running, "inflight");
    }

    /// <summary>Strangers come, say seeded nonsense, and go without hearing the answer; how many there were.</summary>
    private static async Task<int> DisturbAsync(int port, CancellationToken enough)
    {
        Random random = new(Journey.Seed);
        int count = 0;
        for (; !enough.IsCancellationRequested; count++)
        {
            byte[] nonsense = new byte[random.Next(1, 2000)];
            random.NextBytes(nonsense);
            using TcpClient stranger = new();
            await stranger.ConnectAsync("127.0.0.1", port, CancellationToken.None);
            await stranger.GetStream().WriteAsync(nonsense, CancellationToken.None);
            await Task.Delay(2, CancellationToken.None);
        }
        return count;
    }

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task A_checkpoint_after_MPI_Finalize_is_refused_and_the_job_ends_well(string site)
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "finished");
        await using Job job = Job.Launch(place, Mpi.Named(site), [House.CheckpointStory("finished", Mpi.OpenMpi), Long], Limit);
        string? state = null;
        for (int tries = 0; state is not ("finalizing" or "ended") && tries < 100 && !job.Running.IsCompleted; tries++)
        {
            await Task.Delay(50);
            state = (string?)(await job.StatusAsync())?["state"];
        }
        Assert.False(job.Running.IsCompleted, await EndOf(job));
        Outcome checkpoint = await job.CheckpointAsync();
        Assert.True(checkpoint.ExitCode == Job.ManaFailed && checkpoint.Errors.Contains("ending", StringComparison.Ordinal), checkpoint.ToString());
        Outcome end = await job.Running;
        Assert.True(end.ExitCode == 0 && end.Output.StartsWith("OK finished ", StringComparison.Ordinal), end.ToString());
        Assert.Empty(place.Committed);
    }

    /// <summary>A rank may wait in a fence for one that stands still already: so it must be known before anybody is stopped. The clock's own attempts say it once.</summary>
    [Theory]
    [InlineData("mpich", "openmpi", "window", "a window")]
    [InlineData("openmpi", "openmpi", "window", "a window")]
    [InlineData("mpich", "mpich", "barrier", "a persistent collective request")]
    [InlineData("openmpi", "mpich", "port", "a port (MPI_Open_port)")]
    [InlineData("mpich", "openmpi", "tool", "the tool interface (MPI_T_init_thread)")]
    [InlineData("mpich", "mpich", "datarep", "a data representation of the program's own (MPI_Register_datarep)")]
    [InlineData("openmpi", "mpich", "sequential", "unsavable-file is open with MPI_MODE_SEQUENTIAL")]
    [InlineData("mpich", "openmpi", "renamed", "unsavable-file, open through MPI_File_open, has been removed or renamed")]
    [InlineData("mpich", "mpich", "session", "a session (MPI_Session_init)")]
    [InlineData("mpich", "mpich", "partitioned", "a partitioned request")]
    public async Task What_no_checkpoint_can_have_is_refused_by_name_and_holds_up_nobody(string site, string abi, string what, string named)
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "unsavable");
        await using Job job = Job.Launch(place, Mpi.Named(site), [House.CheckpointStory("unsavable", Mpi.Named(abi)), LongForLate, "10", what], Limit, "--interval", "1s");
        Assert.True(await job.IsUnderWayAsync(), await EndOf(job));
        for (int i = 0; i < 3; i++)
        {
            Outcome refused = await job.CheckpointAsync();
            Assert.True(refused.ExitCode == Job.ManaFailed && refused.Errors.Contains(named, StringComparison.Ordinal), refused.ToString());
        }
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false } && end.Output.StartsWith("OK unsavable ", StringComparison.Ordinal), end.ToString());
        if (what == "window") Assert.Equal(await house.NativeStoryAsync("unsavable", 2, LongForLate, House.FullSpeed, what), end.Output);
        Assert.Equal(2, end.Errors.Split(named).Length);
    }

    /// <summary>Sixty queued at a time: some checkpoints are refused when a part of them has been taken, and all come in the order in which they were sent.</summary>
    [Fact]
    public async Task Signals_that_are_too_many_for_a_checkpoint_stay_in_order()
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "storm", 2, new Dictionary<string, string?>(StringComparer.Ordinal) { ["STORM_AHEAD"] = "60" });
        await using Job job = Job.Launch(place, Mpi.OpenMpi, [House.CheckpointStory("storm", Mpi.OpenMpi), "4000"], Limit);
        Assert.True(await job.IsUnderWayAsync(), await EndOf(job));
        List<Outcome> refused = [];
        for (int tries = 0; tries < 60 && refused.Count < 3 && !job.Running.IsCompleted; tries++)
        {
            Outcome checkpoint = await job.CheckpointAsync();
            if (checkpoint.ExitCode != 0 && !job.Running.IsCompleted) refused.Add(checkpoint);
        }
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false } && end.Output.StartsWith("OK storm ", StringComparison.Ordinal), end.ToString());
        Assert.True(refused.Count > 0, "no checkpoint was refused");
        Assert.All(refused, r => Assert.Contains("too many signals wait for one of its threads", r.Errors, StringComparison.Ordinal));
    }

    /// <summary>Whatever byte it is; and with the byte mended the job goes on, for nothing else was touched.</summary>
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.37)]
    [InlineData(0.81)]
    [InlineData(1.0)]
    public async Task An_image_with_one_byte_changed_is_refused_by_name(double where)
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "flipped");
        string output = await StopAsync(place, "inflight", "openmpi"), image = ImageOf(place.Committed[^1], 1);
        long at = (long)(where * (new FileInfo(image).Length - 1));
        Flip(image, at);
        await using (Job refused = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit)) AssertRefused(await refused.Running, Path.GetFileName(image));
        Flip(image, at);
        await using Job job = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, Job.Hurry);
        await AssertResultAsync(await job.Running, "inflight", output);
    }

    [Fact]
    public async Task An_image_that_was_cut_off_is_refused_by_name()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "truncated");
        await StopAsync(place, "objects", "mpich");
        string image = ImageOf(place.Committed[^1], 0);
        using (FileStream stream = File.OpenWrite(image)) stream.SetLength(stream.Length - 1);
        await using Job refused = Job.Restart(place, Mpi.OpenMpi, place.JobFolder, Limit);
        AssertRefused(await refused.Running, Path.GetFileName(image));
    }

    [Fact]
    public async Task Images_of_two_checkpoints_are_not_mixed()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "mixed");
        await using (Job job = Launch(place, "derived", "openmpi"))
        {
            Assert.True(await job.IsUnderWayAsync(), await EndOf(job));
            Outcome first = await job.CheckpointAsync();
            Assert.True(first.ExitCode == 0, first.ToString());
            Assert.NotNull(await job.StopAsync());
        }
        Assert.Equal(2, place.Committed.Count);
        string image = ImageOf(place.Committed[1], 1);
        File.Copy(ImageOf(place.Committed[0], 1), image, overwrite: true);
        await using (Job refused = Job.Restart(place, Mpi.Mpich, place.Committed[1], Limit)) AssertRefused(await refused.Running, Path.GetFileName(image));
        await using Job older = Job.Restart(place, Mpi.Mpich, place.Committed[0], Limit, Job.Hurry); // which is still whole
        await AssertResultAsync(await older.Running, "derived");
    }

    [Fact]
    public async Task A_restart_with_another_number_of_ranks_or_way_to_steer_system_calls_is_refused()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "three");
        await StopAsync(place, "waitsets", "openmpi");
        foreach ((string[] options, string told) in ((string[], string)[])[(["-n", "3"], "of 2 ranks"), (["--syscalls", "dispatch"], "steered by patch")])
        {
            await using Job refused = Job.Restart(place, Mpi.OpenMpi, place.JobFolder, Limit, options);
            Outcome outcome = await refused.Running;
            Assert.True(outcome is { ExitCode: 2, Output: "" } && outcome.Errors.Contains(told, StringComparison.Ordinal), outcome.ToString());
        }
    }

    [Fact]
    public async Task The_same_checkpoint_is_not_restarted_twice_at_once_unless_forced()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "twice");
        string output = await StopAsync(place, "persistent", "mpich");
        await using Job first = Job.Restart(place, Mpi.OpenMpi, place.JobFolder, Limit);
        Assert.True(await first.IsUnderWayAsync(), await EndOf(first));
        await SignalAsync(first, "STOP"); // it does not end before the second has tried
        await using (Job second = Job.Restart(place, Mpi.OpenMpi, place.JobFolder, Limit)) AssertRefused(await second.Running, "--force");
        await using (Job forced = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, ["--force", "--job", "twice-forced", .. Job.Hurry]))
            await AssertResultAsync(await forced.Running, "persistent", output);
        await SignalAsync(first, "CONT");
        await AssertResultAsync(await first.Running, "persistent", output);
    }

    /// <summary>The limit on the size of files stands for a full disk: it can be set on a running process, and lifted again.</summary>
    [Fact]
    public async Task With_a_full_disk_the_checkpoint_fails_and_the_job_goes_on()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "full");
        await using Job job = Launch(place, "memory", "openmpi");
        Assert.True(await job.IsUnderWayAsync(), await EndOf(job));
        Outcome first = await job.CheckpointAsync();
        Assert.True(first.ExitCode == 0, first.ToString());
        await LimitFilesAsync(job, "65536");
        Outcome failed = await job.CheckpointAsync();
        Assert.True(failed.ExitCode == Job.ManaFailed && failed.Errors.Contains("rank", StringComparison.Ordinal), failed.ToString());
        Assert.Single(place.Committed);
        Assert.Single(Directory.GetDirectories(place.JobFolder)); // nothing is left of the attempt
        await LimitFilesAsync(job, "unlimited");
        Outcome? stopped = await job.StopAsync();
        Assert.NotNull(stopped);
        await using Job again = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, Job.Hurry);
        await AssertResultAsync(await again.Running, "memory", stopped.Output);
    }

    private Job.Place PlaceIn(Folder folder, string name) => new(house, folder, name, 2, Stories.Environment);

    private static Job Launch(Job.Place place, string story, string site, params string[] options) =>
        Job.Launch(place, Mpi.Named(site), [House.CheckpointStory(story, Mpi.OpenMpi), Long], Limit, options);

    /// <summary>Starts a story and stops it half a second later; what it has printed until then.</summary>
    private static async Task<string> StopAsync(Job.Place place, string story, string site)
    {
        await using Job job = Launch(place, story, site);
        Assert.True(await job.IsUnderWayAsync(), await EndOf(job));
        await Task.Delay(500);
        Outcome? stopped = await job.StopAsync();
        Assert.NotNull(stopped);
        return stopped.Output;
    }

    private async Task AssertResultAsync(Outcome end, string story, string before = "")
    {
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(story, 2, Long), before + end.Output);
    }

    private static void AssertRefused(Outcome outcome, string named) => Assert.True(
        outcome is { ExitCode: Job.ManaFailed, TimedOut: false, Output: "" } && outcome.Errors.Contains(named, StringComparison.Ordinal), outcome.ToString());

    private static async Task<string> EndOf(Job job) => job.Running.IsCompleted ? "it has ended before:\n" + await job.Running : "it does not get under way";

    private static string ImageOf(string checkpoint, int rank) => Path.Combine(checkpoint, $"rank-{rank}.img");

    private static void Flip(string file, long at)
    {
        using FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        int value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ 0x10));
    }

    /// <summary>The soft limit alone: a hard one cannot be raised again.</summary>
    private static Task LimitFilesAsync(Job job, string bytes) => ToEachRankAsync(job, pid => ["prlimit", "--pid", pid, $"--fsize={bytes}:"]);

    private static Task SignalAsync(Job job, string signal) => ToEachRankAsync(job, pid => ["sh", "-c", $"kill -{signal} {pid}"]);

    private static async Task ToEachRankAsync(Job job, Func<string, string[]> command)
    {
        JsonArray ranks = (await job.StatusAsync())?["ranks"]?.AsArray() ?? throw new InvalidOperationException("no status");
        foreach (JsonNode? rank in ranks)
        {
            Outcome outcome = await Bounded.RunAsync(command(((int)rank!["pid"]!).ToString()), "/", new Dictionary<string, string?>(), TimeSpan.FromSeconds(10));
            Assert.True(outcome.ExitCode == 0, outcome.ToString());
        }
    }
}
