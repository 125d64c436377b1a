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

    private CheckpointFolder Store => new(_folder["ckpt"], Description, keep: 2);

    public void Dispose() => _folder.Dispose();

    private JobFile FileOf(CoordinatorServer server, Secret? secret = null) =>
        new("melt", ["127.0.0.1"], server.Port, secret ?? server.Secret, ProcessMark.Own, 2, DateTimeOffset.UtcNow, Store.Folder);

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
        Assert.Equal(["10.0.0.1"], (FileOf(server) with { Addresses = ["127.0.0.1", "10.0.0.1"], Process = ProcessMark.Own with { Host = "elsewhere" } }).AddressesFrom(Environment.MachineName));

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
    public void An_epoch_named_with_a_slash_at_its_end_is_the_same()
    {
        EpochFolder epoch = EpochFolder.TryOpen("/c/sim/epoch-0003/")!;
        Assert.Equal((3u, "/c/sim/epoch-0003", "/c/sim"), (epoch.Epoch, epoch.Path, Path.GetDirectoryName(epoch.Path)));
    }
}
