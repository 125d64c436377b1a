using System.Net;
using System.Net.Sockets;
using Mana.Coordinator.Jobs;
using Mana.Coordinator.Protocol;

namespace Mana.Bench;

/// <summary>
/// Agents without ranks behind them, many in one process: never inside a collective, nothing in flight, no images. They say what agents say and do as little
/// else as can be, since they share the machine with the coordinator that is measured.
/// </summary>
internal static class PlayedAgents
{
    private const int Clocks = 8;

    /// <summary>Until the coordinator sends all of them away.</summary>
    public static Task RunAsync(string jobFile, int count)
    {
        JobFile job = JobFile.Read(jobFile);
        Task[] all = new Task[count];
        for (int rank = 0; rank < count; rank++)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Parse(job.Addresses[0]), job.Port);
            all[rank] = PlayAsync(socket, job.Secret, new HelloMessage(rank, count, 1, "node", 0, 0));
        }
        return Task.WhenAll(all);
    }

    private static async Task PlayAsync(Socket socket, Secret secret, HelloMessage hello)
    {
        byte[] buffer = new byte[512];
        int have = 0;
        try
        {
            for (int got; (got = await socket.ReceiveAsync(buffer.AsMemory(have))) > 0;)
            {
                have += got;
                int at = 0;
                while (have - at >= Frame.LengthBytes && Frame.ReadLength(buffer.AsSpan(at)) is int length && have - at >= Frame.LengthBytes + length)
                {
                    if (Answer(Frame.Decode(buffer.AsMemory(at + Frame.LengthBytes, length)), secret, hello) is { } answer) socket.Send(Frame.Encode(answer));
                    at += Frame.LengthBytes + length;
                }
                buffer.AsSpan(at, have - at).CopyTo(buffer);
                have -= at;
            }
        }
        catch (SocketException)
        {
            // The coordinator has ended.
        }
        socket.Dispose();
    }

    private static Message? Answer(Message said, Secret secret, HelloMessage hello) => said switch
    {
        ChallengeMessage m => new ProofMessage(secret, secret.Prove(Prover.Peer, secret, m.Nonce)),
        ProvenMessage => hello,
        IntentMessage m => new ClocksMessage(m.Epoch, [.. Enumerable.Range(1, Clocks).Select(i => new ClockValue(new ClockId((ulong)i, 0), m.Epoch))]),
        TargetsMessage m => new ReachedMessage(m.Epoch, m.TargetsVersion),
        HoldMessage m => new HeldMessage(m.Epoch),
        ParkMessage m => new ParkedMessage(m.Epoch, 1, 10, 10, 0),
        WriteMessage m => new WroteMessage(m.Epoch, 1, 1, 1, 0),
        ResumeMessage m => new ResumedMessage(m.Epoch),
        _ => null,
    };
}
