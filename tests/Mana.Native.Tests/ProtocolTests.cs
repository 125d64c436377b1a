using System.Net;
using System.Net.Sockets;
using CliWrap;
using Mana.Coordinator.Jobs;
using Mana.Coordinator.Protocol;
using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>The agent's C and the coordinator's C# come from one source; here they meet.</summary>
[Collection(Runtime.Collection)]
public sealed class ProtocolTests(Runtime runtime)
{
    [Fact]
    public async Task Agent_and_coordinator_understand_each_other()
    {
        ClockValue[] clocks = [new(new ClockId(1, 2), 3), new(new ClockId(ulong.MaxValue, 0), 1UL << 63)];
        Message[] messages =
        [
            new HelloMessage(3, 4, int.MaxValue, "nöde-7", 3, 1),
            new ChallengeMessage(Secret.Make()),
            new ProofMessage(Secret.Make(), Secret.Make()),
            new ClocksMessage(1, clocks),
            new ClocksMessage(1, []),
            new TargetsMessage(1, 9, clocks),
            new WroteMessage(2, 1UL << 40, 77, ulong.MaxValue, 1500),
            new WriteMessage(2, "/scratch/a b/epoch-0002", 2, 1),
            new FinalizingMessage(),
            new AbortingMessage(-3),
        ];
        byte[] sent = [.. messages.SelectMany(Frame.Encode)];
        using MemoryStream input = new(sent), output = new();
        CommandResult result = await Cli.Wrap("timeout").WithArguments(["20", runtime["protocol"]]).WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(PipeSource.FromStream(input)).WithStandardOutputPipe(PipeTarget.ToStream(output)).ExecuteAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Convert.ToHexString(sent), Convert.ToHexString(output.ToArray()));
    }

    /// <summary>At the first address another user listens; it gets a proof that serves nobody, and the agent goes on to the next.</summary>
    [Fact]
    public async Task An_agent_passes_over_listeners_that_do_not_know_the_secret()
    {
        Secret secret = Secret.Make();
        using Socket stranger = Listen("127.0.0.2", 0);
        int port = ((IPEndPoint)stranger.LocalEndPoint!).Port;
        using Socket coordinator = Listen("127.0.0.3", port);
        Task<Secret> heard = AnswerAsync(stranger, Secret.Make()), proven = AnswerAsync(coordinator, secret);
        Assert.Equal("connected", await ConnectAsync(secret, port, Environment.MachineName));
        Assert.False((await heard).Matches(secret));
        await proven;
    }

    [Fact]
    public async Task An_agent_on_another_host_does_not_try_the_loopback_address() =>
        Assert.Contains("does not answer at port 1 ", await ConnectAsync(Secret.Make(), 1, "elsewhere"), StringComparison.Ordinal);

    private static Socket Listen(string address, int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
        socket.Listen();
        return socket;
    }

    /// <summary>One who says that he is the coordinator, and knows this secret; what he was sent as proof.</summary>
    private static async Task<Secret> AnswerAsync(Socket listener, Secret secret)
    {
        using Socket socket = await listener.AcceptAsync();
        using NetworkStream stream = new(socket);
        Secret nonce = Secret.Make();
        await stream.WriteAsync(Frame.Encode(new ChallengeMessage(nonce)));
        byte[] proof = new byte[Frame.Encode(new ProofMessage(nonce, nonce)).Length];
        await stream.ReadExactlyAsync(proof);
        ProofMessage said = Assert.IsType<ProofMessage>(Frame.Decode(proof.AsMemory(Frame.LengthBytes)));
        await stream.WriteAsync(Frame.Encode(new ProvenMessage(secret.Prove(Prover.Coordinator, nonce, said.Nonce))));
        return said.Proof;
    }

    private async Task<string> ConnectAsync(Secret secret, int port, string host)
    {
        using Folder folder = new();
        new JobFile("a", ["127.0.0.2", "127.0.0.3"], port, secret, ProcessMark.Own with { Host = host }, 1, DateTimeOffset.UtcNow, "/c").Write(folder.Path);
        Outcome outcome = await runtime.RunAsync([runtime["channel"], JobFile.PathOf(folder.Path, "a")]);
        return outcome.Output.Trim();
    }
}
