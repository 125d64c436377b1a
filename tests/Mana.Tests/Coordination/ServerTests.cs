using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;
using Mana.Coordinator.Protocol;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Coordination;

/// <summary>The coordinator over its port: agents that are played here, clients as the commands are, and strangers.</summary>
public sealed class ServerTests : IDisposable
{
    private readonly Folder _folder = new();

    private static JobDescription Description => new()
    {
        Job = "melt",
        Program = "./melt",
        Arguments = ["-in", "a b"],
        WorkingDirectory = "/w",
        Bundle = "b",
        Backend = "mpich",
        MpiVersion = "4.0.2",
    };

    private static ProcessMark Dead => ProcessMark.Own with { Pid = int.MaxValue };

    private CheckpointFolder Store => new(_folder["ckpt"], Description, keep: 2);

    public void Dispose() => _folder.Dispose();

    private JobFile FileOf(CoordinatorServer server, Secret? secret = null) =>
        new("melt", ["127.0.0.1"], server.Port, secret ?? server.Secret, Environment.MachineName, Environment.ProcessId, 2, DateTimeOffset.UtcNow, Store.Folder);

    private static async Task<Socket> ConnectAsync(CoordinatorServer server)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        return socket;
    }

    private static async Task<Connection> EnterAsync(CoordinatorServer server)
    {
        Connection link = new(await ConnectAsync(server));
        Assert.Null(await Handshake.EnterAsync(link, server.Secret, CancellationToken.None));
        return link;
    }

    /// <summary>An agent without a rank behind it: never inside a collective, nothing in flight, an image of three bytes.</summary>
    private static async Task PlayAgentAsync(CoordinatorServer server, int rank, int size)
    {
        await using Connection link = await EnterAsync(server);
        link.Send(new HelloMessage(rank, size, 1, "node", 3, 0));
        while (await link.ReceiveAsync(ProtocolNumbers.MaxFrame, CancellationToken.None) is { } message)
        {
            switch (message)
            {
                case IntentMessage m: link.Send(new ClocksMessage(m.Epoch, [FakeJob.Clock(1, 5)])); break;
                case TargetsMessage m: link.Send(new ReachedMessage(m.Epoch, m.TargetsVersion)); break;
                case HoldMessage m: link.Send(new HeldMessage(m.Epoch)); break;
                case ParkMessage m: link.Send(new ParkedMessage(m.Epoch, 1, 10, 10, 0)); break;
                case WriteMessage m:
                    await File.WriteAllTextAsync(Path.Combine(m.Folder, CheckpointManifest.ImageName(rank)), "img");
                    link.Send(new WroteMessage(m.Epoch, 3, 3, 0, 1));
                    break;
                case ExitMessage or RefusedMessage: return;
            }
        }
    }

    [Fact]
    public async Task A_client_takes_checkpoints_of_some_hundred_ranks_and_old_ones_go()
    {
        const int ranks = 300;
        await using CoordinatorServer server = new(new JobSettings(), Store);
        Task[] agents = [.. Enumerable.Range(0, ranks).Select(r => PlayAgentAsync(server, r, ranks))];
        List<string> progress = [];
        for (int i = 1; i <= 3; i++)
        {
            JsonNode answer = await CoordinatorClient.CheckpointAsync(FileOf(server), stop: false, TimeSpan.FromSeconds(60), progress.Add, CancellationToken.None);
            Assert.True((bool)answer["committed"]!, answer.ToJsonString());
            Assert.Equal(EpochFolder.NameOf((uint)i), Path.GetFileName((string)answer["folder"]!));
        }
        Assert.Contains(progress, l => l.Contains("writing", StringComparison.Ordinal));
        Assert.Equal([2u, 3u], EpochFolder.Of(Store.Folder).Select(e => e.Epoch));
        CheckpointManifest manifest = CheckpointManifest.Read(EpochFolder.Of(Store.Folder)[^1].Manifest);
        Assert.Equal((ranks, 3u, "a b"), (manifest.Record.Images.Count, manifest.Record.ThreadLevel, manifest.Job.Arguments[1]));
        JsonNode status = await CoordinatorClient.StatusAsync(FileOf(server), withPlaces: false, CancellationToken.None);
        Assert.Equal(("running", ranks), ((string)status["state"]!, (int)status["joined"]!));
        JsonNode stopped = await CoordinatorClient.CheckpointAsync(FileOf(server), stop: true, TimeSpan.Zero, progress.Add, CancellationToken.None);
        Assert.True((bool)stopped["stopped"]! && server.Stopped);
        await Task.WhenAll(agents).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_client_with_the_wrong_secret_is_refused()
    {
        await using CoordinatorServer server = new(new JobSettings(), Store);
        UserErrorException refused = await Assert.ThrowsAsync<UserErrorException>(
            () => CoordinatorClient.StatusAsync(FileOf(server, Secret.Make()), withPlaces: false, CancellationToken.None));
        Assert.Contains("secret", refused.Error.What, StringComparison.Ordinal);
    }

    private static IEnumerable<Message> Frames(ReadOnlyMemory<byte> bytes)
    {
        for (int length; bytes.Length > 0; bytes = bytes[(Frame.LengthBytes + length)..])
        {
            length = Frame.ReadLength(bytes.Span);
            yield return Frame.Decode(bytes.Slice(Frame.LengthBytes, length));
        }
    }

    /// <summary>Another user's, at the coordinator's port, on an address that leads elsewhere from here.</summary>
    [Fact]
    public async Task A_listener_that_is_not_the_coordinator_is_told_apart_and_learns_nothing()
    {
        await using CoordinatorServer server = new(new JobSettings(), Store);
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        listener.Listen();
        Task<Message?> heard = ListenAsync();
        JobFile job = FileOf(server) with { Addresses = ["127.0.0.2"], Port = ((IPEndPoint)listener.LocalEndPoint!).Port };
        UserErrorException refused = await Assert.ThrowsAsync<UserErrorException>(() => CoordinatorClient.StatusAsync(job, withPlaces: false, CancellationToken.None));
        Assert.Contains("another job", refused.Error.What, StringComparison.Ordinal);
        ProofMessage proof = Assert.IsType<ProofMessage>(await heard);
        Assert.False(server.Secret.Matches(proof.Nonce) || server.Secret.Matches(proof.Proof));
        Assert.Equal(["10.0.0.1"], (FileOf(server) with { Addresses = ["127.0.0.1", "10.0.0.1"], Host = "elsewhere" }).AddressesFrom(Environment.MachineName));

        async Task<Message?> ListenAsync()
        {
            await using Connection connection = new(await listener.AcceptAsync());
            connection.Send(new ChallengeMessage(Secret.Make()));
            Message? said = await connection.ReceiveAsync(ProtocolNumbers.MaxFrame, CancellationToken.None);
            connection.Send(new ProvenMessage(Secret.Make()));
            return said;
        }
    }

    [Theory]
    [InlineData("474554202f20485454502f312e310d0a0d0a")] // GET / HTTP/1.1
    [InlineData("00000000")]
    [InlineData("ffffffff")]
    [InlineData("0400000004007f00")] // a type that is none
    [InlineData("0400000009000100")] // another version
    [InlineData("0800000004000100ffffffff")] // a HELLO that ends early
    public async Task Strangers_and_garbage_do_not_disturb_the_job(string hex)
    {
        await using CoordinatorServer server = new(new JobSettings(), Store);
        using (Socket stranger = await ConnectAsync(server))
        {
            await stranger.SendAsync(Convert.FromHexString(hex));
            byte[] answer = new byte[1024];
            int got = 0;
            // Refused with a reason, then closed.
            for (int n; (n = await stranger.ReceiveAsync(answer.AsMemory(got)).AsTask().WaitAsync(TimeSpan.FromSeconds(10))) > 0;) got += n;
            Assert.Equal([typeof(ChallengeMessage), typeof(RefusedMessage)], Frames(answer.AsMemory(0, got)).Select(m => m.GetType()));
        }
        JsonNode status = await CoordinatorClient.StatusAsync(FileOf(server), withPlaces: false, CancellationToken.None);
        Assert.Equal("starting", (string)status["state"]!);
    }

    [Fact]
    public async Task A_rank_that_dies_during_a_checkpoint_leaves_the_previous_one_whole()
    {
        await using CoordinatorServer server = new(new JobSettings(), Store);
        _ = PlayAgentAsync(server, 0, 2);
        Connection dying = await EnterAsync(server);
        dying.Send(new HelloMessage(1, 2, 1, "other", 0, 0));
        Task<JsonNode> asked = CoordinatorClient.CheckpointAsync(FileOf(server), stop: false, TimeSpan.Zero, _ => { }, CancellationToken.None);
        while (await dying.ReceiveAsync(ProtocolNumbers.MaxFrame, CancellationToken.None) is not (IntentMessage or null)) { }
        await dying.DisposeAsync();
        JsonNode answer = await asked.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("rank 1", Answers.ErrorOf(answer).What, StringComparison.Ordinal);
        Assert.Empty(EpochFolder.Of(Store.Folder));
    }

    [Fact]
    public void Numbers_larger_than_a_frame_are_refused_before_anything_is_read()
    {
        Assert.Throws<BadFrameException>(() => Frame.ReadLength([1, 0, 0, 1]));
        byte[] clocks = Frame.Encode(new ClocksMessage(1, [FakeJob.Clock(1, 1)]));
        clocks[12] = 2; // one clock is there, two are said
        Assert.Throws<BadFrameException>(() => Frame.Decode(clocks.AsMemory(Frame.LengthBytes)));
        Assert.Throws<BadFrameException>(() => Frame.Decode(new byte[] { 1, 0, 10, 0, 9 }));
    }

    [Fact]
    public void Pruning_keeps_the_newest_checkpoints_and_what_may_be_under_way()
    {
        foreach (uint epoch in (uint[])[1, 2, 3, 4, 5, 6])
        {
            Directory.CreateDirectory(Store.Begin(epoch));
            if (epoch is 2 or 3 or 5) Store.Commit(new CheckpointRecord(epoch, 0, TimeSpan.Zero, [new RankImage(0, "h", 1, 1, 1, 1)]));
        }
        Assert.Equal([3u, 5u, 6u], EpochFolder.Of(Store.Folder).Select(e => e.Epoch));
    }

    [Fact]
    public void A_checkpoint_is_restarted_by_one_job_at_a_time()
    {
        using (RestartLock.Take(_folder.Path, force: false))
        {
            UserError held = Assert.Throws<UserErrorException>(() => RestartLock.Take(_folder.Path, force: false)).Error;
            Assert.Contains("still runs", held.What, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(_folder["restart.lock"]));
        // Left by a job whose process is dead: its number is nobody's, or another process's by now, as after the host was started again.
        foreach (ProcessMark dead in (ProcessMark[])[Dead, ProcessMark.Own with { Start = "1" }, ProcessMark.Own with { Boot = "another" }])
        {
            File.WriteAllText(_folder["restart.lock"], $"{dead}\n");
            RestartLock.Take(_folder.Path, force: false).Dispose();
        }
        // Of a container beside this one nobody can tell.
        File.WriteAllText(_folder["restart.lock"], $"{Dead with { Numbers = "pid:[1]" }}\n");
        Assert.Throws<UserErrorException>(() => RestartLock.Take(_folder.Path, force: false));
    }

    [Fact]
    public void A_lock_that_was_taken_by_force_is_left_to_its_new_owner()
    {
        using (RestartLock.Take(_folder.Path, force: false)) File.WriteAllText(_folder["restart.lock"], $"{ProcessMark.Own with { Host = "elsewhere" }}\n");
        Assert.True(RestartLock.IsHeld(_folder.Path));
        RestartLock.Take(_folder.Path, force: true).Dispose();
        Assert.False(RestartLock.IsHeld(_folder.Path));
    }

    /// <summary>A lock without a living process is found by all at once; each round only one may get it.</summary>
    [Fact]
    public async Task Of_restarts_that_begin_together_one_gets_the_checkpoint()
    {
        for (int round = 0; round < 50; round++)
        {
            if (round % 2 == 0) File.WriteAllText(_folder["restart.lock"], $"{Dead}\n");
            using Barrier together = new(4);
            RestartLock?[] taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(TimeSpan.FromSeconds(30));
                    return TryTake();
                }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.Single(taken.OfType<RestartLock>()).Dispose();
        }

        RestartLock? TryTake()
        {
            try
            {
                return RestartLock.Take(_folder.Path, force: false);
            }
            catch (UserErrorException)
            {
                return null;
            }
        }
    }

    /// <summary>Nobody can make a file in /proc/self, and what it says then is neither "exists" nor "not allowed": as on a file system mounted to be read.</summary>
    [Fact]
    public void A_checkpoint_in_a_folder_that_takes_no_file_can_be_restarted()
    {
        RestartLock.Take("/proc/self", force: false).Dispose();
        Assert.False(RestartLock.IsHeld("/proc/self"));
    }

    [Fact]
    public void A_lock_that_cannot_be_read_is_somebodys_and_spoils_no_checkpoint()
    {
        Store.Begin(1);
        File.CreateSymbolicLink(Path.Combine(Store.Folder, EpochFolder.NameOf(1), "restart.lock"), "/proc/self/mem");
        CheckpointFolder store = new(_folder["ckpt"], Description, keep: 1);
        for (uint epoch = 1; epoch <= 3; epoch++) Assert.Null(CommitIn(store, epoch).Warning);
        Assert.Equal([1u, 3u], EpochFolder.Of(store.Folder).Select(e => e.Epoch));
    }

    private static CommittedCheckpoint CommitIn(CheckpointFolder store, uint epoch)
    {
        store.Begin(epoch);
        return store.Commit(new CheckpointRecord(epoch, 0, TimeSpan.Zero, [new RankImage(0, "h", 1, 1, 1, 1)]));
    }

    /// <summary>A terminal that was stopped with Ctrl-S, or a full disk.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_cannot_be_told_of_a_checkpoint_does_not_hold_it_up(bool blocks)
    {
        await using CoordinatorServer server = new(new JobSettings(), Store);
        Task agent = PlayAgentAsync(server, 0, 1);
        using ManualResetEventSlim never = new();
        Task<CheckpointOutcome> asked = Task.Run(() => server.CheckpointAsync(stop: true, limit: null, _ =>
        {
            if (!blocks) throw new IOException("No space left on device");
            never.Wait();
        }));
        Assert.True((await asked.WaitAsync(TimeSpan.FromSeconds(60))).Committed);
        await agent.WaitAsync(TimeSpan.FromSeconds(60));
        never.Set();
    }

    [Fact]
    public async Task Status_names_the_ranks_that_are_missing_and_who_was_turned_away()
    {
        await using CoordinatorServer server = new(new JobSettings { Ranks = 3 }, Store);
        int[] all = Missing(await StatusAsync());
        Assert.Equal([0, 1, 2], all);
        _ = PlayAgentAsync(server, 1, 3);
        for (int i = 0; i < 1000 && Missing(await StatusAsync()).Contains(1); i++) await Task.Delay(10);
        await PlayAgentAsync(server, 1, 3).WaitAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAsync<UserErrorException>(() => CoordinatorClient.StatusAsync(FileOf(server, Secret.Make()), withPlaces: false, CancellationToken.None));
        JsonNode status = await StatusAsync();
        Assert.Equal([0, 2], Missing(status));
        string remarks = status["remarks"]!.ToJsonString();
        Assert.Contains("rank 0, 2", remarks, StringComparison.Ordinal);
        Assert.Contains("rank 1 on node: rank 1 is here already", remarks, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1: the secret is not that of this job", remarks, StringComparison.Ordinal);

        Task<JsonNode> StatusAsync() => CoordinatorClient.StatusAsync(FileOf(server), withPlaces: false, CancellationToken.None);

        static int[] Missing(JsonNode status) => [.. status["missing"]!.AsArray().Select(r => (int)r!)];
    }

    [Fact]
    public void Jobs_are_found_by_name_and_what_dead_ones_left_is_removed()
    {
        List<string> said = [];
        JobRegistry registry = new(_folder["jobs"], said.Add);
        Assert.Contains("no job runs", Assert.Throws<UserErrorException>(() => registry.Find(null)).Error.What, StringComparison.Ordinal);
        JobFile job = new("a", ["127.0.0.1", "10.0.0.1"], 4711, Secret.Make(), Environment.MachineName, Environment.ProcessId, 2, DateTimeOffset.UtcNow, "/c");
        job.Write(registry.Folder);
        (job with { Job = "dead", Pid = int.MaxValue }).Write(registry.Folder);
        JobFile found = registry.Find(null);
        Assert.Equal((4711, "a", true), (found.Port, found.Job, found.Secret.Matches(job.Secret)));
        Assert.Contains("'dead'", Assert.Single(said), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(JobFile.PathOf(registry.Folder, "a")));
        (job with { Job = "b" }).Write(registry.Folder);
        Assert.Contains("a, b", Assert.Throws<UserErrorException>(() => registry.Find(null)).Error.ToDo, StringComparison.Ordinal);
        Assert.Equal("b", registry.Find("b").Job);
    }

    /// <summary>What tells a running job is its coordinator's answer: its process may have died with its host, and its number be another's.</summary>
    [Fact]
    public async Task A_name_is_taken_while_its_coordinator_answers()
    {
        List<string> said = [];
        JobRegistry registry = new(_folder["jobs"], said.Add);
        await using (CoordinatorServer server = new(new JobSettings(), Store))
        {
            FileOf(server).Write(registry.Folder);
            UserError taken = (await Assert.ThrowsAsync<UserErrorException>(() => registry.RequireFreeAsync("melt"))).Error;
            Assert.Contains("runs already", taken.What, StringComparison.Ordinal);
            Assert.Equal(JobFile.Exists, Assert.Throws<IOException>(() => FileOf(server, Secret.Make()).Write(registry.Folder)).HResult);
            Assert.Single(Directory.GetFiles(registry.Folder));
            FileOf(server, Secret.Make()).Remove(registry.Folder); // another's stays
            Assert.Equal("melt", registry.Find(null).Job);
        }
        await registry.RequireFreeAsync("melt");
        Assert.Contains("'melt'", Assert.Single(said), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(registry.Folder));
    }

    [Fact]
    public void A_name_nobody_chose_is_not_that_of_checkpoints_that_are_there()
    {
        string first = JobRegistry.DefaultName("/bin/sim", _folder.Path);
        Directory.CreateDirectory(_folder[first]);
        Assert.Equal(($"sim-{Environment.ProcessId}", first + "-2"), (first, JobRegistry.DefaultName("/bin/sim", _folder.Path)));
    }

    [Fact]
    public void An_epoch_named_with_a_slash_at_its_end_is_the_same()
    {
        EpochFolder epoch = EpochFolder.TryOpen("/c/sim/epoch-0003/")!;
        Assert.Equal((3u, "/c/sim/epoch-0003", "/c/sim"), (epoch.Epoch, epoch.Path, Path.GetDirectoryName(epoch.Path)));
    }
}
