using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Protocol;
using Xunit;

namespace Mana.Tests.Coordination;

/// <summary>Whatever fails, the attempt is removed, those who asked are told why, and the job goes on.</summary>
public sealed class FailureTests
{
    private static FakeJob AtTargets(int ranks, TimeSpan? limit = null)
    {
        FakeJob job = new(ranks);
        job.Core.Ask(job, stop: false, limit);
        job.Each(r => job.Say(r, new ClocksMessage(1, [FakeJob.Clock(1, 5)])));
        job.TakeAll<IntentMessage>();
        job.TakeAll<TargetsMessage>();
        return job;
    }

    private static void AssertGivenUp(FakeJob job, params string[] words)
    {
        Assert.False(job.Outcome.Committed);
        string told = job.Outcome.Error!.ToBlock();
        foreach (string word in words) Assert.Contains(word, told, StringComparison.Ordinal);
        Assert.Equal([1u], job.Discarded);
        Assert.Empty(job.Committed);
    }

    [Fact]
    public void A_rank_that_cannot_ends_the_attempt_not_the_job()
    {
        FakeJob job = AtTargets(2);
        job.Say(1, new FailedMessage(1, 2, "a window is open"));
        job.TakeAll<AbandonMessage>();
        AssertGivenUp(job, "rank 1", "a window is open", "goes on");
        // The next attempt has another number, so that no late message is taken for one of it.
        job.Core.Ask(job, stop: false, limit: null);
        Assert.Equal(2u, job.Take<IntentMessage>(0).Epoch);
        job.Epoch = 2;
        job.Say(0, new WroteMessage(1, 1, 1, 1, 1));
        job.RunToWrite();
        job.Each(job.Wrote);
        Assert.True(job.Outcomes[1].Committed);
    }

    [Fact]
    public void A_lost_rank_is_named_and_no_checkpoint_begins_any_more()
    {
        FakeJob job = AtTargets(2);
        job.Core.Lost(1);
        job.Take<AbandonMessage>(0);
        AssertGivenUp(job, "rank 1", "lost its connection");
        job.Core.Ask(job, stop: false, limit: null);
        Assert.Contains("rank 1", job.Outcomes[1].Error!.What, StringComparison.Ordinal);
        Assert.Equal("incomplete", job.Core.State);
    }

    /// <summary>Whoever ended it: not those whom the launcher ended before that one was gone.</summary>
    [Fact]
    public void The_rank_that_aborts_the_job_is_named()
    {
        FakeJob job = new(3);
        job.Say(1, new AbortingMessage(9));
        job.Core.Lost(0);
        Assert.Equal([1, 0], job.Core.Gone.Select(r => r.Rank));
        job.Core.Lost(1);
        Assert.Equal([1, 0], job.Core.Gone.Select(r => r.Rank));
        Assert.Equal("the job has ended because rank 1 aborted it, with error code 9", CheckpointErrors.Died(job.Core.Gone, null, launcherKills: false).What);
    }

    /// <summary>The launcher ends the others, and their connections may end sooner; but one that asks them to leave may have them leave with a code.</summary>
    [Theory]
    [InlineData(true, "the job has ended because rank 1 ended, with exit code 3, before the others (or one that went in the same moment: rank 0)")]
    [InlineData(false, "the job has ended because rank 0 was ended by a signal, or lost, before the others (or one that went in the same moment: rank 1)")]
    public void The_rank_that_had_a_word_left_is_named_where_the_launcher_leaves_the_others_none(bool launcherKills, string what)
    {
        FakeJob job = new(2);
        job.Core.Lost(0);
        job.Say(1, new ExitingMessage(3));
        job.Core.Lost(1);
        Assert.Equal(what, CheckpointErrors.Died(job.Core.Gone, null, launcherKills).What);
    }

    /// <summary>Exit code 9 of a launcher that gives the bare signal. What rank 0 says; rank 1 says nothing.</summary>
    [Theory]
    [InlineData(null, false, 0u, true)]
    [InlineData(0, false, 0u, true)]
    [InlineData(3, false, 0u, true)] // the other rank's was the signal
    [InlineData(9, false, 0u, false)]
    [InlineData(1, false, 0u, false)] // and 8, of another
    [InlineData(RankState.Untold, false, 0u, true)]
    [InlineData(null, true, 0u, false)]
    [InlineData(null, false, 2u, false)] // AGENT_FLAG_WRAPPED
    public void A_signal_is_what_no_rank_has_said_and_one_has_not_survived(int? exit, bool aborts, uint flags, bool signal)
    {
        FakeJob job = new(2, flags: flags);
        if (exit is { } code) job.Say(0, new ExitingMessage(code));
        if (aborts) job.Say(0, new AbortingMessage(9));
        job.Core.Lost(0);
        Assert.False(job.Core.OnlySignalExplains(9)); // the other may have said it, and was not heard yet
        job.Core.Lost(1);
        Assert.Equal(signal, job.Core.OnlySignalExplains(9));
    }

    [Fact]
    public void A_rank_of_whose_end_nobody_tells_was_not_ended_by_a_signal()
    {
        FakeJob job = new(1);
        job.Say(0, new ExitingMessage(RankState.Untold));
        job.Core.Lost(0);
        Assert.False(job.Core.OnlySignalExplains(9));
    }

    [Fact]
    public void A_job_that_is_ending_refuses_at_once()
    {
        FakeJob job = new(2);
        job.Say(0, new FinalizingMessage());
        job.Core.Ask(job, stop: false, limit: null);
        Assert.Contains("the job is ending", job.Outcome.Error!.What, StringComparison.Ordinal);
        Assert.True(job.Silent(0));
    }

    [Fact]
    public void A_rank_that_finalizes_during_the_attempt_ends_it()
    {
        FakeJob job = AtTargets(2);
        job.Say(0, new FinalizingMessage());
        AssertGivenUp(job, "the job is ending");
    }

    [Fact]
    public void Whoever_still_waits_when_the_job_ends_is_told()
    {
        FakeJob job = AtTargets(2);
        job.Core.End();
        AssertGivenUp(job, "the job ended");
    }

    [Fact]
    public void A_full_disk_is_said_and_the_job_goes_on()
    {
        FakeJob job = AtTargets(2);
        job.StoreFails = "No space left on device";
        job.Each(r => job.Say(r, new ReachedMessage(1, 1)));
        job.Each(r => job.Say(r, new ParkedMessage(1, 1, 0, 0, 0)));
        job.TakeAll<ParkMessage>();
        job.TakeAll<AbandonMessage>();
        AssertGivenUp(job, "No space left", "--checkpoint-dir");
    }

    [Fact]
    public void After_the_time_out_the_rank_that_held_it_up_and_its_call_are_named()
    {
        FakeJob job = AtTargets(3, TimeSpan.FromSeconds(10));
        job.Say(0, new ReachedMessage(1, 1));
        job.Say(2, new ReachedMessage(1, 1));
        job.Wait(10_001);
        job.TakeAll<AskMessage>();
        Assert.Empty(job.Outcomes);
        job.Say(1, new WhereMessage(1, Slot: 0, Where: 1, Comm: "communicator halo", Milliseconds: 9000));
        job.Wait(501);
        job.TakeAll<AbandonMessage>();
        AssertGivenUp(job, "10 s", "rank 1 did not come", $"rank 1 on node, in {CallNames.Of(0)} on communicator halo for 9 s", "--timeout");
    }

    [Fact]
    public void A_rank_that_waits_for_another_is_not_the_one_to_blame()
    {
        FakeJob job = AtTargets(3, TimeSpan.FromMilliseconds(90));
        job.Say(0, new GatedMessage(1, 1, Id0: 1, Id1: 0, Seq: 6, Slot: 3));
        job.Say(1, new ReachedMessage(1, 1));
        job.Wait(91);
        job.Wait(501);
        AssertGivenUp(job, "rank 2 did not come", "(and 1 more: 0)", "does not answer");
    }

    [Fact]
    public void A_rank_that_is_late_for_a_collective_is_named_before_those_that_wait_in_it()
    {
        FakeJob job = AtTargets(2, TimeSpan.FromSeconds(1));
        job.Wait(1001);
        job.Say(0, new WhereMessage(1, Slot: 3, Where: 1, Comm: "MPI_COMM_WORLD", Milliseconds: 0));
        job.Say(1, new WhereMessage(1, Slot: 0, Where: 0, Comm: "", Milliseconds: 0));
        AssertGivenUp(job, "rank 1 did not come", "(and 1 more: 0)", "rank 1 on node, in the program's own code", $"rank 0 on node, in {CallNames.Of(3)} on MPI_COMM_WORLD");
    }

    [Fact]
    public void Messages_in_flight_that_nobody_receives_are_counted()
    {
        FakeJob job = AtTargets(2, TimeSpan.FromSeconds(1));
        job.Each(r => job.Say(r, new ReachedMessage(1, 1)));
        job.Each(r => job.Say(r, new ParkedMessage(1, 1, Sent: 4, Received: 3, Collectives: 0)));
        job.Wait(1001);
        job.Wait(501);
        AssertGivenUp(job, "2 messages are still in flight");
    }

    [Fact]
    public void A_restart_goes_on_when_all_images_are_good()
    {
        FakeJob job = new(2, new JobSettings { LastEpoch = 4, Restart = FakeJob.Record(4, 2) });
        job.Core.Ask(job, stop: false, limit: null);
        job.Say(1, FakeJob.Restored(4, 1));
        Assert.True(job.Silent(1));
        job.Say(0, FakeJob.Restored(4, 0));
        job.TakeAll<GoMessage>();
        Assert.Equal(5u, job.Take<IntentMessage>(0).Epoch);
    }

    [Fact]
    public void A_restart_with_one_bad_image_names_it_and_nobody_goes()
    {
        FakeJob job = new(2, new JobSettings { LastEpoch = 4, Restart = FakeJob.Record(4, 2) });
        job.Say(1, new RestoredMessage(0, 0, "its checksum is wrong"));
        job.Say(0, FakeJob.Restored(4, 0));
        Assert.True(job.Silent(0) && job.Silent(1));
        Assert.Contains("rank 1 is refused: its checksum", job.Core.RestartError!.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 101, "rank-1.img is not the image that was written for this checkpoint: it is of checkpoint 3")]
    [InlineData(4, 102, "rank-1.img is not the image that was written for this checkpoint")]
    public void A_restart_from_images_of_two_checkpoints_is_refused_and_late_ranks_are_sent_away(int epoch, int checksum, string said)
    {
        FakeJob job = new(2, new JobSettings { LastEpoch = 9, Restart = FakeJob.Record(4, 2) });
        job.Say(0, FakeJob.Restored(4, 0));
        job.Say(1, new RestoredMessage((uint)epoch, (ulong)checksum, ""));
        Assert.True(job.Silent(0) && job.Silent(1));
        Assert.Contains(said, job.Core.RestartError!.What, StringComparison.Ordinal);
        Assert.NotNull(job.Core.Join(FakeJob.Hello(1, 2)));
    }

    [Fact]
    public void A_restart_that_loses_a_rank_is_not_waited_for()
    {
        FakeJob job = new(2, new JobSettings { LastEpoch = 4, Restart = FakeJob.Record(4, 2) });
        job.Say(0, FakeJob.Restored(4, 0));
        job.Core.Lost(1);
        job.Wait(9000);
        Assert.Null(job.Core.RestartError);
        job.Wait(1001);
        Assert.Equal("missing: 1", job.Core.RestartError!.Where);
    }

    [Fact]
    public void A_restart_with_another_number_of_ranks_is_refused()
    {
        FakeJob job = new(0, new JobSettings { LastEpoch = 4, Restart = FakeJob.Record(4, 2) });
        Assert.NotNull(job.Core.Join(FakeJob.Hello(0, 3)));
        Assert.Contains("3 ranks, its checkpoint has 2", job.Core.RestartError!.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_that_never_gets_all_its_ranks_ends()
    {
        FakeJob job = new(0, new JobSettings { LastEpoch = 4, Restart = FakeJob.Record(4, 2), RestartTimeout = TimeSpan.FromSeconds(5) });
        Assert.Null(job.Core.Join(FakeJob.Hello(0, 2)));
        job.Say(0, FakeJob.Restored(4, 0));
        job.Wait(5001);
        Assert.Equal("missing: 1", job.Core.RestartError!.Where);
    }

    [Fact]
    public void Who_joins_gives_the_attempt_the_time_he_has()
    {
        FakeJob job = AtTargets(2, TimeSpan.FromSeconds(300));
        job.Wait(290_000);
        job.Core.Ask(job, stop: true, TimeSpan.FromSeconds(60));
        job.Wait(30_000);
        Assert.Empty(job.Outcomes);
        job.RunToWrite();
        job.Each(job.Wrote);
        Assert.Equal([true, true], job.Outcomes.Select(o => o.Stopped));
    }

    /// <summary>Joining what is lost already would fail him at once.</summary>
    [Fact]
    public void Who_comes_when_the_time_is_over_gets_an_attempt_of_his_own()
    {
        FakeJob job = AtTargets(2, TimeSpan.FromSeconds(10));
        job.Wait(10_000);
        job.TakeAll<AskMessage>();
        job.Core.Ask(job, stop: false, limit: null);
        job.Each(r => job.Say(r, new WhereMessage(1, Slot: 0, Where: 0, Comm: "", Milliseconds: 0)));
        AssertGivenUp(job, "given up after 10 s");
        job.TakeAll<AbandonMessage>();
        Assert.Equal(2u, job.Take<IntentMessage>(0).Epoch);
        job.Epoch = 2;
        job.RunToWrite();
        job.Each(job.Wrote);
        Assert.True(job.Outcomes[1].Committed);
    }

    /// <summary>Ctrl-C on `mana checkpoint --stop`: the checkpoint may be taken, but the job goes on, unless somebody else wants it stopped.</summary>
    [Fact]
    public void Who_goes_away_stops_no_job()
    {
        FakeJob job = AtTargets(2), other = new(1);
        job.Core.Ask(other, stop: true, limit: null);
        job.Core.Withdraw(other);
        job.RunToWrite();
        job.Each(job.Wrote);
        job.TakeAll<ParkMessage>();
        job.TakeAll<WriteMessage>();
        job.TakeAll<ResumeMessage>();
        Assert.Equal((true, false), (job.Outcome.Committed, job.Outcome.Stopped));
        Assert.Empty(other.Outcomes);
    }
}
