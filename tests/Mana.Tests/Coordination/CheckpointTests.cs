using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Protocol;
using Xunit;

namespace Mana.Tests.Coordination;

/// <summary>One checkpoint after the other, as the ranks see them.</summary>
public sealed class CheckpointTests
{
    private static FakeJob Asked(int ranks, bool stop = false)
    {
        FakeJob job = new(ranks);
        job.Core.Ask(job, stop, limit: null);
        job.TakeAll<IntentMessage>();
        return job;
    }

    [Fact]
    public void A_checkpoint_goes_from_intent_to_commit_and_the_job_runs_on()
    {
        FakeJob job = Asked(2);
        job.Say(0, new ClocksMessage(1, []));
        Assert.True(job.Silent(0));
        job.Say(1, new ClocksMessage(1, []));
        Assert.Empty(job.Take<TargetsMessage>(0).Clocks);
        job.Take<TargetsMessage>(1);
        job.Say(0, new ReachedMessage(1, 1));
        Assert.True(job.Silent(0));
        job.Say(1, new ReachedMessage(1, 1));
        job.TakeAll<ParkMessage>();
        job.Say(0, new ParkedMessage(1, 1, Sent: 3, Received: 0, Collectives: 0));
        job.Say(1, new ParkedMessage(1, 1, Sent: 0, Received: 2, Collectives: 1));
        Assert.True(job.Silent(0));
        job.Say(1, new CountsMessage(1, Sent: 0, Received: 3, Collectives: 1));
        Assert.True(job.Silent(0));
        job.Say(1, new CountsMessage(1, Sent: 0, Received: 3, Collectives: 0));
        Assert.Equal("/ckpt/epoch-1", job.Take<WriteMessage>(0).Folder);
        job.Take<WriteMessage>(1);
        job.Wrote(0);
        Assert.Empty(job.Committed);
        job.Wrote(1);
        job.TakeAll<ResumeMessage>();
        Assert.Equal([0, 1], Assert.Single(job.Committed).Images.Select(i => i.Rank));
        Assert.True(job.Outcome is { Committed: true, Epoch: 1, Bytes: 100, Stopped: false });
        Assert.False(job.Core.Stopped);
        job.Core.Ask(job, stop: false, limit: null);
        Assert.Equal(2u, job.Take<IntentMessage>(0).Epoch);
    }

    /// <summary>Ten thousand ranks are not ten thousand lines.</summary>
    [Theory]
    [InlineData(2, 2)]
    [InlineData(1000, 10)]
    public void Who_waits_is_told_as_images_are_written(int ranks, int lines)
    {
        FakeJob job = Asked(ranks);
        job.RunToWrite();
        Assert.Equal("checkpoint 1: writing", job.Lines[^1]);
        job.Lines.Clear();
        job.Each(r => job.Wrote(r, stored: 3 << 20));
        Assert.Equal(lines, job.Lines.Count);
        Assert.Equal($"checkpoint 1: {ranks} of {ranks} images written, {ranks * 3} MiB", job.Lines[^1]);
        Assert.True(job.Outcome.Committed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ranks_are_told_how_to_write(bool referenceFiles)
    {
        FakeJob job = new(2, new JobSettings { Compression = Compression.Zstd, ReferenceFiles = referenceFiles });
        job.Core.Ask(job, stop: false, limit: null);
        job.TakeAll<IntentMessage>();
        job.RunToWrite();
        job.TakeAll<TargetsMessage>();
        job.TakeAll<ParkMessage>();
        WriteMessage write = job.Take<WriteMessage>(0);
        Assert.Equal((2u, referenceFiles ? 1u : 0u), (write.Compress, write.Refer));
    }

    [Fact]
    public void After_stop_the_ranks_exit_instead_and_no_further_checkpoint_begins()
    {
        FakeJob job = Asked(2, stop: true);
        job.RunToWrite();
        job.Each(job.Wrote);
        job.TakeAll<TargetsMessage>();
        job.TakeAll<ParkMessage>();
        job.TakeAll<WriteMessage>();
        job.TakeAll<ExitMessage>();
        Assert.True(job.Core.Stopped);
        job.Core.Lost(0);
        job.Core.Ask(job, stop: false, limit: null);
        Assert.Contains("stops after", job.Outcomes[1].Error!.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_that_is_behind_gets_the_largest_value_as_its_target()
    {
        FakeJob job = Asked(3);
        job.Say(0, new ClocksMessage(1, [FakeJob.Clock(1, 7), FakeJob.Clock(2, 4)]));
        job.Say(1, new ClocksMessage(1, [FakeJob.Clock(1, 5)]));
        job.Say(2, new ClocksMessage(1, [FakeJob.Clock(2, 4)]));
        Assert.Empty(job.Take<TargetsMessage>(0).Clocks);
        Assert.Equal([FakeJob.Clock(1, 7)], job.Take<TargetsMessage>(1).Clocks);
        Assert.Empty(job.Take<TargetsMessage>(2).Clocks);
    }

    [Fact]
    public void A_clock_that_goes_past_its_target_takes_the_others_with_it()
    {
        FakeJob job = Asked(2);
        job.Say(0, new ClocksMessage(1, [FakeJob.Clock(1, 5)]));
        job.Say(1, new ClocksMessage(1, [FakeJob.Clock(1, 5)]));
        job.TakeAll<TargetsMessage>();
        job.Say(1, new ReachedMessage(1, 1));
        job.Say(0, new ClocksMessage(1, [FakeJob.Clock(1, 6)]));
        TargetsMessage raised = job.Take<TargetsMessage>(1);
        Assert.Equal(2u, raised.TargetsVersion);
        Assert.Equal([FakeJob.Clock(1, 6)], raised.Clocks);
        job.Say(0, new ReachedMessage(1, 1));
        // What rank 1 said of its first targets no longer counts.
        Assert.True(job.Silent(0) && job.Silent(1));
        job.Say(1, new ReachedMessage(1, 2));
        job.TakeAll<ParkMessage>();
    }

    [Fact]
    public void A_communicator_made_meanwhile_joins_with_the_target_of_its_members()
    {
        FakeJob job = Asked(2);
        job.Each(r => job.Say(r, new ClocksMessage(1, [])));
        job.TakeAll<TargetsMessage>();
        job.Say(0, new ClocksMessage(1, [FakeJob.Clock(9, 1)]));
        Assert.Equal(2u, job.Take<TargetsMessage>(0).TargetsVersion);
        Assert.True(job.Silent(1));
        job.Say(1, new ClocksMessage(1, [FakeJob.Clock(9, 0)]));
        Assert.Equal([FakeJob.Clock(9, 1)], job.Take<TargetsMessage>(1).Clocks);
    }

    [Fact]
    public void When_nothing_moves_a_gate_lets_one_collective_through()
    {
        FakeJob job = Asked(2);
        job.Each(r => job.Say(r, new ClocksMessage(1, [FakeJob.Clock(1, 5), FakeJob.Clock(2, 1 + r)])));
        job.TakeAll<TargetsMessage>();
        // Rank 0 must still enter a collective of clock 2, and waits for a message that rank 1 sends after its next one of clock 1.
        job.Say(1, new GatedMessage(1, 1, Id0: 1, Id1: 0, Seq: 6, Slot: 3));
        job.Wait(60);
        Assert.True(job.Silent(1));
        job.Wait(60);
        Assert.Equal([FakeJob.Clock(1, 6)], job.Take<TargetsMessage>(1).Clocks);
        Assert.Equal([FakeJob.Clock(1, 6)], job.Take<TargetsMessage>(0).Clocks);
        job.Wait(200);
        Assert.True(job.Silent(0) && job.Silent(1));
    }

    /// <summary>Else a rank's synchronous send might be told complete by the drain of another.</summary>
    [Fact]
    public void No_rank_parks_before_all_hold_back_what_a_drain_may_complete()
    {
        FakeJob job = new(2) { TellsOfHold = true };
        job.Core.Ask(job, stop: false, limit: null);
        job.TakeAll<IntentMessage>();
        job.Each(r => job.Say(r, new ClocksMessage(1, [])));
        job.TakeAll<TargetsMessage>();
        job.Say(0, new ReachedMessage(1, 1));
        Assert.True(job.Silent(0));
        job.Say(1, new ReachedMessage(1, 1));
        job.TakeAll<HoldMessage>();
        job.Say(0, new HeldMessage(1));
        job.Say(0, new HeldMessage(1));
        Assert.True(job.Silent(0));
        job.Say(1, new HeldMessage(1));
        job.TakeAll<ParkMessage>();
    }

    /// <summary>Ranks may send each other what waits for one at a gate, for ever.</summary>
    [Fact]
    public void Though_ranks_still_move_a_gate_is_opened_at_last()
    {
        FakeJob job = Asked(2);
        job.Each(r => job.Say(r, new ClocksMessage(1, [FakeJob.Clock(1, 5), FakeJob.Clock(2, r)])));
        job.TakeAll<TargetsMessage>();
        job.Say(1, new GatedMessage(1, 1, Id0: 1, Id1: 0, Seq: 6, Slot: 3));
        for (int i = 1; job.Silent(1); i++)
        {
            Assert.True(i < 20);
            job.Wait(60);
            if (job.Silent(1)) job.Say(0, new ClocksMessage(1, [FakeJob.Clock(3, i)]));
            while (!job.Silent(0)) job.Take<TargetsMessage>(0);
        }
        Assert.Equal([FakeJob.Clock(1, 6)], job.Take<TargetsMessage>(1).Clocks);
    }

    /// <summary>Communicators of others: rank 0 needs many collectives before it does what rank 1 waits for.</summary>
    [Fact]
    public void Gates_open_sooner_each_time_that_a_checkpoint_needs_it()
    {
        FakeJob job = Asked(2);
        job.Each(r => job.Say(r, new ClocksMessage(1, [FakeJob.Clock(1 + r, 1), FakeJob.Clock(9, r)])));
        job.TakeAll<TargetsMessage>();
        const int collectives = 1000;
        for (int i = 2; i < collectives; i++)
        {
            job.Say(0, new GatedMessage(1, (uint)i - 1, Id0: 1, Id1: 0, Seq: (ulong)i, Slot: 3));
            while (job.Silent(0)) job.Wait(1);
            Assert.Equal([FakeJob.Clock(1, i)], job.Take<TargetsMessage>(0).Clocks);
        }
        Assert.True(job.Now < TimeSpan.FromMilliseconds(3 * collectives), job.Now.ToString());
    }

    [Fact]
    public void While_ranks_still_move_no_gate_is_opened()
    {
        FakeJob job = Asked(2);
        job.Each(r => job.Say(r, new ClocksMessage(1, [FakeJob.Clock(1, 5)])));
        job.TakeAll<TargetsMessage>();
        job.Say(1, new GatedMessage(1, 1, Id0: 1, Id1: 0, Seq: 6, Slot: 3));
        job.Wait(80);
        job.Say(0, new ReachedMessage(1, 1));
        job.Wait(80);
        Assert.True(job.Silent(1));
    }

    [Fact]
    public void A_request_during_start_up_waits_for_the_last_rank()
    {
        FakeJob job = new(0);
        Assert.Null(job.Core.Join(FakeJob.Hello(0, 2)));
        job.Core.Ask(job, stop: false, limit: null);
        job.Take<WelcomeMessage>(0);
        Assert.True(job.Silent(0));
        Assert.Null(job.Core.Join(FakeJob.Hello(1, 2)));
        job.Take<IntentMessage>(0);
    }

    [Fact]
    public void A_request_that_waited_too_long_for_the_start_is_told_who_is_missing()
    {
        FakeJob job = new(0);
        Assert.Null(job.Core.Join(FakeJob.Hello(1, 3)));
        job.Core.Ask(job, stop: false, TimeSpan.FromSeconds(2));
        job.Wait(2001);
        Assert.Contains("only 1 of 3", job.Outcome.Error!.What, StringComparison.Ordinal);
        Assert.Contains("0, 2", job.Outcome.Error!.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_before_the_first_rank_is_told_whom_it_waits_for_and_who_was_turned_away()
    {
        FakeJob job = new(0, new JobSettings { Ranks = 2 });
        job.Core.Ask(job, stop: false, TimeSpan.FromSeconds(2));
        Assert.Contains("2 ranks to initialize MPI: rank 0, 1", Assert.Single(job.Lines), StringComparison.Ordinal);
        job.Core.TurnAway("10.0.0.7", "the secret is not that of this job");
        job.Wait(2001);
        Assert.Contains("no rank", job.Outcome.Error!.What, StringComparison.Ordinal);
        Assert.Contains("0, 1\nturned away: 10.0.0.7: the secret", job.Outcome.Error!.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void What_goes_wrong_after_the_commit_is_no_reason_to_give_it_up()
    {
        FakeJob job = Asked(2);
        job.AfterCommit = "it cannot be synced";
        job.RunToWrite();
        job.Each(job.Wrote);
        Assert.True(job.Outcome.Committed);
        Assert.Contains("it cannot be synced", job.Outcome.Warning, StringComparison.Ordinal);
        Assert.Empty(job.Discarded);
    }

    /// <summary>Thousands of files may take minutes.</summary>
    [Fact]
    public async Task Ranks_run_on_while_older_checkpoints_are_removed()
    {
        FakeJob job = Asked(2);
        job.Tidying = new TaskCompletionSource<string?>();
        job.RunToWrite();
        job.Each(job.Wrote);
        job.Each(rank =>
        {
            while (job.Take<Message>(rank) is not ResumeMessage) { }
        });
        Assert.True(job.Outcome is { Committed: true, Warning: null });
        Task<CheckpointOutcome> whole = job.Outcome.WholeAsync();
        Assert.False(whole.IsCompleted);
        job.Tidying.SetResult("an old one cannot be read");
        Assert.Contains("an old one cannot be read", (await whole).Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reason_that_lasts_is_told_once_until_a_checkpoint_succeeds()
    {
        RecurringError recurring = new();
        Assert.Contains("not said again", Told(1, "a window is open")!.ToDo, StringComparison.Ordinal);
        Assert.Null(Told(0, "a window is open"));
        Assert.NotNull(Told(0, "a session is open"));
        Assert.Null(Told(12, "a window is open"));
        Assert.Null(recurring.ToTell(new CheckpointOutcome(1, "", 0, TimeSpan.Zero, Stopped: false, Error: null)));
        Assert.NotNull(Told(1, "a window is open"));
        Assert.Null(recurring.ToTell(CheckpointOutcome.Failed(0, CheckpointErrors.Ending())));

        UserError? Told(int rank, string why) => recurring.ToTell(CheckpointOutcome.Failed(1, CheckpointErrors.RankFailed(rank, "node", why)));
    }

    [Fact]
    public void A_second_request_joins_the_checkpoint_under_way_and_may_make_it_stop()
    {
        FakeJob job = Asked(2);
        job.Core.Ask(job, stop: true, limit: null);
        job.RunToWrite();
        job.Each(job.Wrote);
        Assert.Equal(2, job.Outcomes.Count);
        Assert.All(job.Outcomes, o => Assert.True(o is { Committed: true, Epoch: 1, Stopped: true }));
        Assert.Single(job.Committed);
    }

    [Fact]
    public void A_rank_twice_a_strange_rank_and_another_size_are_refused()
    {
        FakeJob job = new(2);
        Assert.Contains("already", job.Core.Join(FakeJob.Hello(1, 2)), StringComparison.Ordinal);
        Assert.Contains("no rank", job.Core.Join(FakeJob.Hello(2, 2)), StringComparison.Ordinal);
        Assert.Contains("2 ranks", job.Core.Join(FakeJob.Hello(0, 3)), StringComparison.Ordinal);
    }
}
