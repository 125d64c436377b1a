using System.Buffers.Binary;

namespace Mana.Native.Tests.Support;

/// <summary>Moves the program headers of an executable to the end of its file, as LLVM BOLT does (man 5 elf).</summary>
internal static class MovedHeaders
{
    private const int HeadersAt = 32, HeaderCount = 56, HeaderSize = 56, Page = 4096;
    private const uint Load = 1, Note = 4, Itself = 6;

    public static void Write(string path)
    {
        byte[] elf = File.ReadAllBytes(path);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(HeaderCount)), length = count * HeaderSize;
        byte[] headers = elf.AsSpan((int)Long(elf, HeadersAt), length).ToArray();
        long offset = RoundUp(elf.Length), address = 0;
        for (int i = 0; i < count; i++)
            if (Kind(headers, i) == Load) address = Math.Max(address, RoundUp(Long(headers, (i * HeaderSize) + 16) + Long(headers, (i * HeaderSize) + 40)));
        // A segment of their own, in place of a note behind the other segments: they must be in memory, and segments ascend.
        int note = Enumerable.Range(0, count).Last(i => Kind(headers, i) == Note);
        for (int i = 0; i < count; i++)
        {
            if (i == note) Put(headers, i, Load, offset, address, length);
            if (Kind(headers, i) == Itself) Put(headers, i, Itself, offset, address, length);
        }
        BinaryPrimitives.WriteInt64LittleEndian(elf.AsSpan(HeadersAt), offset);
        using FileStream file = File.Create(path);
        file.Write(elf);
        file.Position = offset;
        file.Write(headers);
    }

    private static void Put(byte[] headers, int index, uint kind, long offset, long address, long length)
    {
        Span<byte> header = headers.AsSpan(index * HeaderSize, HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(header, kind);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], 4); // PF_R
        foreach ((int at, long value) in (ReadOnlySpan<(int, long)>)[(8, offset), (16, address), (24, address), (32, length), (40, length), (48, kind == Load ? Page : 8)])
            BinaryPrimitives.WriteInt64LittleEndian(header[at..], value);
    }

    private static uint Kind(byte[] headers, int index) => BinaryPrimitives.ReadUInt32LittleEndian(headers.AsSpan(index * HeaderSize));

    private static long Long(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));

    private static long RoundUp(long value) => (value + Page - 1) / Page * Page;
}
