using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Threading.Channels;
using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Jobs;

/// <summary>
/// A job's coordinator with its sockets: agents and clients come to one TCP port, show that they know the secret, and everything they say goes, one message at a
/// time, through <see cref="JobCoordination"/>.
/// </summary>
public sealed class CoordinatorServer : IAsyncDisposable
{
    private const int LongestFirstFrame = 4096;
    private static readonly TimeSpan s_handshake = TimeSpan.FromSeconds(30), s_lastLines = TimeSpan.FromSeconds(1);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ending = new(), _sendingAway = new();
    private readonly Dictionary<int, Connection> _agents = [];
    private readonly HashSet<Task> _conversations = [];
    private readonly JobCoordination _job;
    private readonly Timer _timer;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource<UserError> _restartFailed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Message? _lastMessage;
    private byte[] _lastFrame = [];

    public CoordinatorServer(JobSettings settings, ICheckpointStore store)
    {
        _job = new JobCoordination(settings, store, SendToRank, () => Stopwatch.GetElapsedTime(_started));
        _timer = new Timer(_ => Locked(job => job.Tick()));
        _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        _listener.Listen(backlog: 4096);
        _ = AcceptAsync();
        Locked(_ => { });
    }

    public Secret Secret { get; } = Secret.Make();

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>The ranks were told to exit after a checkpoint.</summary>
    public bool Stopped => Locked(job => job.Stopped);

    /// <summary>Ends when a restart turns out to be impossible: the job is to be ended.</summary>
    public Task<UserError> RestartFailed => _restartFailed.Task;

    /// <summary>This host's addresses, loopback first: most ranks of a small job are here.</summary>
    public static IReadOnlyList<string> Addresses() =>
    [
        IPAddress.Loopback.ToString(),
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(n => n is { OperationalStatus: OperationalStatus.Up or OperationalStatus.Unknown, NetworkInterfaceType: not NetworkInterfaceType.Loopback })
            .SelectMany(n => n.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .Where(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a)).Select(a => a.ToString()).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Takes a checkpoint, for the launcher itself.</summary>
    /// <param name="progress">Told what is done, in order, but never in the coordinator's way: it may block, and it may fail.</param>
    public async Task<CheckpointOutcome> CheckpointAsync(bool stop, TimeSpan? limit, Action<string> progress)
    {
        Channel<string> lines = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
        Task told = TellAsync(lines.Reader, progress);
        CheckpointOutcome outcome = await AskAsync(stop, limit, line => lines.Writer.TryWrite(line));
        lines.Writer.Complete();
        await Task.WhenAny(told, Task.Delay(s_lastLines));
        return outcome;
    }

    /// <summary>The launcher has ended: those who wait are told, and everybody is sent away.</summary>
    public async ValueTask DisposeAsync()
    {
        Locked(job => job.End());
        if (Locked(job => job.LastCheckpoint) is { } last) await last.Tidied;
        _listener.Dispose();
        await _ending.CancelAsync();
        Task[] open;
        lock (_lock) open = [.. _conversations];
        await Task.WhenAny(Task.WhenAll(open), Task.Delay(TimeSpan.FromSeconds(2)));
        await _timer.DisposeAsync();
        _ending.Dispose();
        _sendingAway.Dispose();
    }

    /// <summary>The ranks that went before the job was ending, the first one first. For when the launcher has ended: what their connections tell may still be under way.</summary>
    public async Task<IReadOnlyList<RankState>> GoneAsync()
    {
        await AllHeardAsync();
        return Locked(job => job.Gone.ToArray());
    }

    /// <summary>As <see cref="JobCoordination.OnlySignalExplains"/>, when the launcher has ended.</summary>
    public async Task<bool> OnlySignalExplainsAsync(int code)
    {
        await AllHeardAsync();
        return Locked(job => job.OnlySignalExplains(code));
    }

    /// <summary>Until all ranks' connections have ended; not for ever, for a rank may have been left behind.</summary>
    private async Task AllHeardAsync()
    {
        for (int i = 0; i < 50 && Locked(job => job.Ranks.Count > 0); i++) await Task.Delay(20);
    }

    /// <param name="progress">Called while all wait for the coordinator: it neither blocks nor fails.</param>
    private Task<CheckpointOutcome> AskAsync(bool stop, TimeSpan? limit, Action<string> progress)
    {
        Requester requester = new(progress);
        Locked(job => job.Ask(requester, stop, limit));
        return requester.Outcome;
    }

    private static async Task TellAsync(ChannelReader<string> lines, Action<string> progress)
    {
        await foreach (string line in lines.ReadAllAsync()) progress(line);
    }

    private async Task AcceptAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            Connection connection;
            try
            {
                connection = new Connection(await _listener.AcceptAsync());
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // No descriptor left, or the other end went away before it was accepted; never a reason to deafen the job.
                await Task.Delay(50);
                continue;
            }
            Task conversation = ConverseAsync(connection);
            lock (_lock) _conversations.Add(conversation);
            _ = conversation.ContinueWith(
                t => { lock (_lock) _conversations.Remove(t); }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ConverseAsync(Connection connection)
    {
        await Task.Yield();
        try
        {
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            patience.CancelAfter(s_handshake);
            if (!await Handshake.AdmitAsync(connection, Secret, patience.Token)) return;
            await (await connection.ReceiveAsync(LongestFirstFrame, patience.Token) switch
            {
                HelloMessage hello => ServeAgentAsync(connection, hello),
                RequestCheckpointMessage request => ServeCheckpointAsync(connection, request),
                RequestStatusMessage request => ServeStatusAsync(connection, request),
                null => Task.CompletedTask,
                _ => RefuseAsync(connection, connection.Peer, "it neither is a rank nor asks for anything"),
            });
        }
        catch (BadFrameException e)
        {
            await RefuseAsync(connection, connection.Peer, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The job has ended, or nothing was said.
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }

    private Task RefuseAsync(Connection connection, string who, string why)
    {
        Locked(job => job.TurnAway(who, why));
        connection.Send(new RefusedMessage(why));
        return Task.CompletedTask;
    }

    private async Task ServeAgentAsync(Connection connection, HelloMessage hello)
    {
        string? refused = null;
        Locked(job =>
        {
            // Before Join, which greets by this way.
            bool known = !_agents.TryAdd(hello.Rank, connection);
            refused = job.Join(hello);
            if (refused is not null && !known) _agents.Remove(hello.Rank);
        });
        if (refused is not null)
        {
            await RefuseAsync(connection, $"rank {hello.Rank} on {hello.Host}", refused);
            return;
        }
        try
        {
            using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token, _sendingAway.Token);
            while (await connection.ReceiveAsync(ProtocolNumbers.MaxFrame, over.Token) is { } message) Locked(job => job.Receive(hello.Rank, message));
        }
        finally
        {
            Locked(job =>
            {
                _agents.Remove(hello.Rank);
                job.Lost(hello.Rank);
            });
        }
    }

    private async Task ServeCheckpointAsync(Connection connection, RequestCheckpointMessage request)
    {
        TimeSpan? limit = request.TimeoutMs == 0 ? null : TimeSpan.FromMilliseconds(request.TimeoutMs);
        Requester requester = new(line => connection.Send(new ProgressMessage(line)));
        Locked(job => job.Ask(requester, request.Stop != 0, limit));
        // It says no more: what comes is its end, or its user's Ctrl-C.
        Task gone = connection.ReceiveAsync(LongestFirstFrame, _ending.Token);
        if (await Task.WhenAny(requester.Outcome, gone) == gone && !_ending.IsCancellationRequested)
        {
            Locked(job => job.Withdraw(requester));
            return;
        }
        CheckpointOutcome outcome = await requester.Outcome;
        connection.Send(new AnswerMessage(outcome.Committed ? 1u : 0u, Answers.Of(outcome).ToJsonString()));
    }

    private async Task ServeStatusAsync(Connection connection, RequestStatusMessage request)
    {
        if (request.Ask != 0)
        {
            Locked(job => job.AskWhere());
            for (int i = 0; i < 50 && !Locked(job => job.Ranks.All(r => r.Where is not null)); i++) await Task.Delay(10);
        }
        connection.Send(new AnswerMessage(1, Locked(job => Answers.Of(job, withPlaces: request.Ask != 0)).ToJsonString()));
    }

    private void SendToRank(int rank, Message message)
    {
        if (!_agents.TryGetValue(rank, out Connection? connection)) return;
        // One message to all ranks is encoded once.
        if (!ReferenceEquals(message, _lastMessage)) (_lastMessage, _lastFrame) = (message, Frame.Encode(message));
        connection.Send(_lastFrame);
    }

    private void Locked(Action<JobCoordination> action) => Locked(job =>
    {
        action(job);
        return true;
    });

    private T Locked<T>(Func<JobCoordination, T> action)
    {
        lock (_lock)
        {
            T result = action(_job);
            // Ranks whose connection ends before they were told to go leave MPI by themselves.
            if (_job.RestartError is { } error && _restartFailed.TrySetResult(error)) _ = _sendingAway.CancelAsync();
            if (!_ending.IsCancellationRequested) _timer.Change(Wait(_job.Due), Timeout.InfiniteTimeSpan);
            return result;
        }
    }

    /// <summary>A millisecond late rather than early, else it would be asked again and again; a timer takes no more than some weeks.</summary>
    private TimeSpan Wait(TimeSpan due)
    {
        if (due == TimeSpan.MaxValue) return Timeout.InfiniteTimeSpan;
        TimeSpan wait = due - Stopwatch.GetElapsedTime(_started) + TimeSpan.FromMilliseconds(1);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : wait;
    }

    private sealed class Requester : IRequester
    {
        private readonly TaskCompletionSource<CheckpointOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Action<string> _progress;

        public Requester(Action<string> progress) => (_progress, Outcome) = (progress, WholeAsync());

        /// <summary>When older checkpoints are removed, too.</summary>
        public Task<CheckpointOutcome> Outcome { get; }

        public void Progress(string line) => _progress(line);

        public void Done(CheckpointOutcome outcome) => _done.TrySetResult(outcome);

        private async Task<CheckpointOutcome> WholeAsync() => await (await _done.Task).WholeAsync();
    }
}
