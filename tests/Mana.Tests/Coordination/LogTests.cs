using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;
using Mana.Coordinator.Protocol;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Coordination;

/// <summary>What a job's log tells of its checkpoints and restarts.</summary>
public sealed class LogTests
{
    private readonly List<StageReport> _reports = [];

    [Fact]
    public void The_log_has_when_each_rank_was_at_each_stage_and_names_the_slowest()
    {
        FakeJob job = new(2, new JobSettings { Log = _reports.Add });
        job.Core.Ask(job, stop: false, limit: null);
        job.Wait(1);
        job.Each(r => job.Say(r, new ClocksMessage(1, [])));
        job.Each(r => job.Say(r, new ReachedMessage(1, 1)));
        job.Wait(10);
        job.Say(1, new ParkedMessage(1, 1, 0, 0, 0));
        job.Wait(20);
        job.Say(0, new ParkedMessage(1, 1, 0, 0, 0));
        job.Each(job.Wrote);
        job.Say(0, new ResumedMessage(1));
        Assert.Empty(_reports);
        job.Say(1, new ResumedMessage(1));
        string[] lines = JobLog.Text(Assert.Single(_reports), DateTimeOffset.UnixEpoch).Split('\n');
        Assert.Equal("1970-01-01 00:00:00Z checkpoint 1 committed after 0.031 s", lines[0]);
        Assert.Equal(["rank", "clocks", "reached", "parked", "wrote", "resumed", "host"], Words(lines[1]));
        Assert.Equal(["0", "0.001000", "0.001000", "0.031000", "0.031000", "0.031000", "node"], Words(lines[2]));
        Assert.Equal("0.011000", Words(lines[3])[3]);
        Assert.Equal(["slowest", "0", "0", "0", "0", "0"], Words(lines[4]));
    }

    [Fact]
    public void The_log_has_checkpoints_that_were_given_up_and_those_after_which_the_job_stopped()
    {
        FakeJob job = new(2, new JobSettings { Log = _reports.Add });
        job.Core.Ask(job, stop: false, limit: null);
        job.Say(1, new FailedMessage(1, 1, "no room"));
        Assert.Contains("no room", Assert.Single(_reports).Title, StringComparison.Ordinal);
        job.Core.Ask(job, stop: true, limit: null);
        job.Epoch = 2;
        job.RunToWrite();
        job.Each(job.Wrote);
        Assert.Contains("checkpoint 2 committed, and the job stopped", _reports[1].Title, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_has_how_long_each_rank_took_to_restart()
    {
        FakeJob job = new(2, new JobSettings { LastEpoch = 4, Restart = FakeJob.Record(4, 2), Log = _reports.Add });
        job.Each(r => job.Say(r, FakeJob.Restored(4, r)));
        job.Say(0, new RestartedMessage(1000, 2000, 3000, 4000, 10000));
        Assert.Empty(_reports);
        job.Say(1, new RestartedMessage(1000, 2000, 3000, 5000, 11000));
        StageReport report = Assert.Single(_reports);
        Assert.Equal("restarted from checkpoint 4", report.Title);
        Assert.Equal((TimeSpan.FromMilliseconds(5), 1), (report.Times[1, (int)RestartStep.Objects], report.Times.Slowest((int)RestartStep.Total)));
    }

    [Fact]
    public void A_log_that_cannot_be_written_disturbs_nobody()
    {
        using Folder folder = new();
        StageReport report = new("checkpoint 1", StageTimes.OfCheckpoint([]));
        JobLog log = new(folder["job"]);
        log.Write(report);
        log.Write(report);
        Assert.Equal(6, File.ReadAllLines(log.File).Length);
        File.WriteAllText(folder["file"], "");
        new JobLog(folder["file"]).Write(report);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
