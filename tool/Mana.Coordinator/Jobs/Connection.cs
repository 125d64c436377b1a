using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Jobs;

/// <summary>One TCP stream of frames. Sending never waits: a slow reader holds up nobody but itself.</summary>
internal sealed class Connection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Channel<byte[]> _outbox = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _sender;

    public Connection(Socket socket)
    {
        _socket = socket;
        Peer = (socket.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "somebody";
        socket.NoDelay = true;
        // A node that dies says nothing: the kernel asks after it (man 7 tcp).
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        _sender = SendLoopAsync();
    }

    /// <summary>The other end's address.</summary>
    public string Peer { get; }

    public void Send(Message message) => Send(Frame.Encode(message));

    public void Send(byte[] frame) => _outbox.Writer.TryWrite(frame);

    /// <summary>The next message; null when the other end has closed, or the connection broke.</summary>
    /// <param name="longest">A longer frame is refused before it is read; those who have not shown the secret get little room.</param>
    public async Task<Message?> ReceiveAsync(int longest, CancellationToken stop)
    {
        byte[] word = new byte[Frame.LengthBytes];
        try
        {
            if (!await FillAsync(word, stop)) return null;
            int length = Frame.ReadLength(word);
            if (length > longest) throw new BadFrameException("what was sent is no message of mana's: too long for a first one");
            byte[] body = new byte[length];
            return await FillAsync(body, stop) ? Frame.Decode(body) : null;
        }
        catch (SocketException)
        {
            return null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>
    /// Sends what is still to be sent, within a second, and closes. What the other end sent and nobody read is read first: else the kernel answers it with a
    /// reset, which may overtake our last words.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _outbox.Writer.TryComplete();
        await Task.WhenAny(_sender, Task.Delay(TimeSpan.FromSeconds(1)));
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            byte[] rest = new byte[4096];
            while (_socket.Available > 0 && _socket.Receive(rest) > 0) { }
        }
        catch (SocketException)
        {
            // The other end was faster.
        }
        _socket.Dispose();
    }

    private async Task<bool> FillAsync(Memory<byte> all, CancellationToken stop)
    {
        while (all.Length > 0)
        {
            int got = await _socket.ReceiveAsync(all, SocketFlags.None, stop);
            if (got == 0) return false;
            all = all[got..];
        }
        return true;
    }

    private async Task SendLoopAsync()
    {
        try
        {
            await foreach (byte[] frame in _outbox.Reader.ReadAllAsync())
                for (int sent = 0; sent < frame.Length;) sent += await _socket.SendAsync(frame.AsMemory(sent), SocketFlags.None);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The reader of this connection learns it too, and tells.
            _outbox.Writer.TryComplete();
        }
    }
}
