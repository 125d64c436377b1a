using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>What a batch system, or a person at the keyboard, sends to `mana launch`.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class SignalStories(House house)
{
    private const string Story = "inflight", Steps = "300";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Some batch systems send the warning to the whole process group, and launchers pass it on to their ranks: no program dies of it.</summary>
    [Theory]
    [InlineData("mpich", "openmpi", "USR1", false)]
    [InlineData("mpich", "openmpi", "USR1", true)]
    [InlineData("openmpi", "mpich", "USR2", true)]
    public async Task The_batch_systems_warning_takes_a_checkpoint_and_stops_the_job(string site, string next, string signal, bool group)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "warned", 2, Stories.Environment);
        // In a group of its own: a warning to all of it is not to reach the one who tests.
        IReadOnlyList<string> launch = house.Tool.Launch(
            Mpi.Named(site), 2, [House.CheckpointStory(Story, Mpi.OpenMpi), Steps],
            "-q", "--job", place.Name, "--checkpoint-dir", place.Checkpoints, "--checkpoint-signal", "SIG" + signal);
        await using Job job = Job.Run(place, ["setsid", .. launch], Limit);
        await job.RequireUnderWayAsync();
        await job.SignalAsync(signal, group);
        Outcome stopped = await job.Running;
        Assert.True(stopped is { ExitCode: Job.Stopped, TimedOut: false }, stopped.ToString());
        Assert.DoesNotContain("mana", stopped.Errors, StringComparison.Ordinal); // -q; a launcher may tell of a signal
        Assert.Single(place.Committed);
        await using Job again = Job.Restart(place, Mpi.Named(next), place.JobFolder, Limit, ["-q", .. Job.Hurry]);
        Outcome end = await again.Running;
        Assert.True(end is { ExitCode: 0, Errors: "" }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Steps), stopped.Output + end.Output);
    }

    /// <summary>As mpiexec does, which this stands in for.</summary>
    [Theory]
    [InlineData("mpich", "SIGUSR2", "USR1")]
    [InlineData("openmpi", "none", "USR1")]
    [InlineData("openmpi", "none", "USR2")]
    public async Task A_signal_that_takes_no_checkpoint_reaches_the_program(string site, string checkpoints, string signal)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "trapped", 2, new Dictionary<string, string?>(StringComparer.Ordinal));
        string script = $"trap 'echo trapped; exit 0' {signal}; touch rank.$$; for i in $(seq 300); do sleep 0.1; done; exit 1";
        await using Job job = Job.Launch(place, Mpi.Named(site), ["bash", "-c", script], Limit, "--checkpoint-signal", checkpoints);
        for (int tries = 0; Directory.GetFiles(folder.Path, "rank.*").Length < 2 && tries < 600; tries++) await Task.Delay(50);
        await job.SignalAsync(signal);
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, Output: "trapped\ntrapped\n", TimedOut: false }, end.ToString());
    }

    [Theory]
    [InlineData("mpich", "INT", 130)]
    [InlineData("mpich", "TERM", 143)]
    [InlineData("openmpi", "INT", 130)]
    [InlineData("openmpi", "TERM", 143)]
    public async Task Ctrl_C_and_SIGTERM_end_the_job_and_leave_no_process_not_even_the_launchers(string site, string signal, int code)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "ended", 2, new Dictionary<string, string?>(StringComparer.Ordinal) { ["STORY_MARK"] = folder.Path });
        await using Job job = Job.Launch(place, Mpi.Named(site), ["sh", "-c", "touch rank.$$; exec sleep 60"], Limit);
        for (int tries = 0; Directory.GetFiles(folder.Path, "rank.*").Length < 2 && tries < 600; tries++) await Task.Delay(50);
        await job.SignalAsync(signal);
        Outcome end = await job.Running;
        Assert.True(end.ExitCode == code && !end.TimedOut && end.Duration < TimeSpan.FromSeconds(50), end.ToString());
        Assert.Equal(2, Directory.GetFiles(folder.Path, "rank.*").Length);
        Assert.Empty(Bounded.Living("STORY_MARK=" + folder.Path));
    }

    /// <summary>As batch systems and timeout(1) do: the launcher gets it without mana's help, and once is enough for it to leave nothing.</summary>
    [Theory]
    [InlineData("mpich", "INT", 130)]
    [InlineData("openmpi", "INT", 130)]
    [InlineData("openmpi", "TERM", 143)]
    public async Task A_signal_to_the_whole_process_group_ends_the_job_cleanly(string site, string signal, int code)
    {
        using Folder folder = new(), segments = new("/dev/shm");
        Dictionary<string, string?> environment = new(Stories.Environment, StringComparer.Ordinal) { ["OMPI_MCA_btl_vader_backing_directory"] = segments.Path };
        Job.Place place = new(house, folder, "group", 2, environment);
        string[] launch = [.. house.Tool.Launch(Mpi.Named(site), 2, [House.CheckpointStory(Story, Mpi.Named(site)), "60000"])];
        await using Job job = Job.Run(place, ["timeout", "--preserve-status", "--signal=" + signal, "8", .. launch], Limit);
        Outcome end = await job.Running;
        Assert.True(end.ExitCode == code && !end.TimedOut, end.ToString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(segments.Path));
        Assert.DoesNotContain(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories), f => f.Contains("ompi.", StringComparison.Ordinal));
    }
}
