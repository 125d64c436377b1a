using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mana.Common.Errors;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Jobs;

/// <summary>What `mana checkpoint` and `mana status` say to a job's coordinator.</summary>
public static class CoordinatorClient
{
    private static readonly TimeSpan s_connect = TimeSpan.FromSeconds(5), s_handshake = TimeSpan.FromSeconds(30);

    /// <summary>Blocks until the checkpoint is committed or has failed.</summary>
    /// <param name="limit">Zero: the job's own.</param>
    public static Task<JsonNode> CheckpointAsync(JobFile job, bool stop, TimeSpan limit, Action<string> progress, CancellationToken interrupt) =>
        AskAsync(job, new RequestCheckpointMessage(stop ? 1u : 0u, (uint)limit.TotalMilliseconds), progress, interrupt);

    public static Task<JsonNode> StatusAsync(JobFile job, bool withPlaces, CancellationToken interrupt) =>
        AskAsync(job, new RequestStatusMessage(withPlaces ? 1u : 0u), _ => { }, interrupt);

    /// <summary>Whether the job's own coordinator, and nobody else, is where its file says.</summary>
    public static async Task<bool> AnswersAsync(JobFile job)
    {
        try
        {
            await using Connection connection = await ConnectAsync(job, CancellationToken.None);
            return true;
        }
        catch (UserErrorException)
        {
            return false;
        }
    }

    private static async Task<JsonNode> AskAsync(JobFile job, Message request, Action<string> progress, CancellationToken interrupt)
    {
        await using Connection connection = await ConnectAsync(job, interrupt);
        connection.Send(request);
        try
        {
            while (true)
                switch (await connection.ReceiveAsync(ProtocolNumbers.MaxFrame, interrupt))
                {
                    case ProgressMessage m: progress(m.Line); break;
                    case AnswerMessage m: return JsonNode.Parse(m.Json)!;
                    case RefusedMessage m: throw new UserErrorException(JobFileErrors.Unreachable(job.Job, m.Why));
                    default: throw new UserErrorException(JobFileErrors.Unreachable(job.Job, "it has closed the connection"));
                }
        }
        catch (BadFrameException e)
        {
            throw new UserErrorException(JobFileErrors.Unreachable(job.Job, e.Message), e);
        }
    }

    /// <summary>To the first address behind which the job's coordinator is.</summary>
    private static async Task<Connection> ConnectAsync(JobFile job, CancellationToken interrupt)
    {
        string reason = "its file names no address that leads there from here";
        foreach (string address in job.AddressesFrom(Environment.MachineName))
        {
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
            patience.CancelAfter(s_connect);
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(address), job.Port, patience.Token);
                patience.CancelAfter(s_handshake);
                Connection connection = new(socket);
                if (await Handshake.EnterAsync(connection, job.Secret, patience.Token) is not { } refused) return connection;
                await connection.DisposeAsync();
                reason = $"{address} port {job.Port}: {refused}";
            }
            catch (Exception e) when (e is SocketException or FormatException or OperationCanceledException or BadFrameException)
            {
                interrupt.ThrowIfCancellationRequested();
                socket.Dispose();
                reason = $"{address} port {job.Port}: {(e is OperationCanceledException ? "no answer" : e.Message)}";
            }
        }
        throw new UserErrorException(JobFileErrors.Unreachable(job.Job, reason));
    }
}
