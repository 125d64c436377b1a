using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mana.Coordinator.Protocol;

/// <summary>What came is no frame of this protocol. The message is for the other end's user.</summary>
public sealed class BadFrameException(string message) : Exception(message);

/// <summary>Messages to bytes and back. A frame: u32 length of what follows, u16 version, u16 type, fields; little-endian.</summary>
public static class Frame
{
    public const int LengthBytes = 4, HeadBytes = 4;

    /// <summary>The whole frame.</summary>
    public static byte[] Encode(Message message)
    {
        FrameWriter to = new();
        to.U32(0);
        to.U32(ProtocolNumbers.Version | (uint)message.Type << 16);
        message.WriteFields(to);
        return to.Finish();
    }

    /// <summary>The length that stands before a frame; refuses what cannot be one, before anything of it is read.</summary>
    public static int ReadLength(ReadOnlySpan<byte> word) => BinaryPrimitives.ReadUInt32LittleEndian(word) switch
    {
        < HeadBytes => throw new BadFrameException("what was sent is no message of mana's: too short"),
        > ProtocolNumbers.MaxFrame => throw new BadFrameException("what was sent is no message of mana's: too long"),
        uint length => (int)length,
    };

    /// <summary>The message in a frame, whose length word was taken off.</summary>
    public static Message Decode(ReadOnlyMemory<byte> body)
    {
        FrameReader from = new(body);
        uint head = from.U32();
        if ((head & 0xffff) != ProtocolNumbers.Version)
            throw new BadFrameException($"the other end speaks version {head & 0xffff} of the protocol, this mana version {ProtocolNumbers.Version}: use one release of mana for tool and bundle");
        Message message = Message.Read((MessageType)(head >> 16), from) ?? throw new BadFrameException($"there is no message of type {head >> 16}");
        from.RequireEnd();
        return message;
    }
}

/// <summary>Fields into a frame.</summary>
internal sealed class FrameWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(64);

    public void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    public void I32(int value) => U32((uint)value);

    public void U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    public void Text(string value)
    {
        U64((ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _bytes);
    }

    public void Secret(Secret value) => _bytes.Write(value.Bytes);

    public void Clocks(IReadOnlyList<ClockValue> clocks)
    {
        U32((uint)clocks.Count);
        foreach (ClockValue clock in clocks)
        {
            U64(clock.Id.Low);
            U64(clock.Id.High);
            U64(clock.Value);
        }
    }

    public byte[] Finish()
    {
        byte[] frame = _bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(frame.Length - Frame.LengthBytes));
        return frame;
    }
}

/// <summary>Fields out of a frame. Every length is compared with what is left before anything is made of it.</summary>
internal sealed class FrameReader(ReadOnlyMemory<byte> body)
{
    private const int ClockBytes = 24;
    private int _at;

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int I32() => (int)U32();

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public string Text() => Encoding.UTF8.GetString(Take(U64()));

    public Secret Secret() => Protocol.Secret.From(Take(Protocol.Secret.Length));

    public IReadOnlyList<ClockValue> Clocks()
    {
        uint count = U32();
        if (count > (body.Length - _at) / ClockBytes) throw Short();
        ClockValue[] clocks = new ClockValue[count];
        for (int i = 0; i < clocks.Length; i++) clocks[i] = new ClockValue(new ClockId(U64(), U64()), U64());
        return clocks;
    }

    public void RequireEnd()
    {
        if (_at != body.Length) throw new BadFrameException("a message is longer than its fields");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(body.Length - _at)) throw Short();
        ReadOnlySpan<byte> bytes = body.Span.Slice(_at, (int)length);
        _at += (int)length;
        return bytes;
    }

    private static BadFrameException Short() => new("a message is shorter than its fields");
}
