using System.Buffers.Binary;
using System.Numerics;
using Mana.Coordinator.Checkpoint;

namespace Mana.Coordinator.Jobs;

/// <summary>
/// Reads an image as native/image/image_format.h draws it, and compares every checksum (CRC32C). A restart does so too; this finds damage before it, on any host.
/// Chunks that are compressed are not unpacked, and files that chunks refer to are not read: the restart does that, where it is made, before anything is mapped.
/// </summary>
public static class ImageCheck
{
    private const ulong Magic = 0x474d49414e414d8f, FooterMagic = 0x444e45414e414d8f;
    private const int HeaderBytes = 4096, RegionBytes = 80, ChunkBytes = 64, SectionBytes = 24, FooterBytes = 32;
    private const int Version = 5, LargestTables = 1 << 30;
    private const uint Codecs = 3; // none, lz4, zstd
    private const uint Refers = 1; // the only flag of a chunk

    /// <summary>What is wrong with an image; null for a good one.</summary>
    public static string? Damage(string file, RankImage recorded)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20);
            return Damage(stream, recorded);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private static string? Damage(FileStream stream, RankImage recorded)
    {
        if ((ulong)stream.Length != recorded.Stored) return $"it has {stream.Length} bytes and had {recorded.Stored}";
        if (stream.Length < HeaderBytes) return "it is shorter than its header";
        byte[] header = new byte[HeaderBytes];
        stream.ReadExactly(header);
        if (U64(header, 0) != Magic) return "it is no image";
        if (U32(header, 8) != Version) return $"its format is {U32(header, 8)}, this mana reads {Version}";
        uint checksum = U32(header, HeaderBytes - 4);
        if (Crc(header.AsSpan(0, HeaderBytes - 4)) != checksum) return "its header is damaged";
        if (checksum != recorded.Checksum) return "it is not the image that was written for this checkpoint";
        if (U32(header, 16) != recorded.Rank) return $"it is the image of rank {U32(header, 16)}";
        ulong offset = U64(header, 136), length = U64(header, 144), chunks = U64(header, 152);
        uint regions = U32(header, 160), sections = U32(header, 164);
        if (length > LargestTables || offset > (ulong)stream.Length || length > (ulong)stream.Length - offset) return "its tables are beyond its end";
        if (chunks > length || regions > length || sections > length || regions * (ulong)RegionBytes + chunks * ChunkBytes + sections * (ulong)SectionBytes > length)
            return "its tables are too short";
        if (!IsFooter(stream, header)) return "its footer is damaged";
        byte[] tables = new byte[length];
        stream.Position = (long)offset;
        stream.ReadExactly(tables);
        if (Crc(tables) != U32(header, 168)) return "its tables are damaged";
        int at = (int)regions * RegionBytes;
        for (ulong i = 0; i < chunks; i++, at += ChunkBytes)
            if (!IsChunk(tables.AsSpan(at, ChunkBytes)) || (U32(tables, at + 28) != Refers && !IsGood(stream, U64(tables, at + 8), U32(tables, at + 16), U32(tables, at + 20)))) return $"its memory at {U64(tables, at):x} is damaged";
        for (uint i = 0; i < sections; i++, at += SectionBytes)
            if (!IsGood(stream, U64(tables, at + 8), U64(tables, at + 16), U32(tables, at + 4))) return $"its section {U32(tables, at)} is damaged";
        return null;
    }

    /// <summary>What is compressed is smaller than its pages; its checksum is of the bytes in the image, so nothing needs to be unpacked here. What is referred to has none.</summary>
    private static bool IsChunk(ReadOnlySpan<byte> chunk)
    {
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(chunk[16..]), codec = BinaryPrimitives.ReadUInt32LittleEndian(chunk[24..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(chunk[28..]);
        if (flags != 0) return flags == Refers && codec == 0 && stored == 0;
        int length = 0;
        for (int at = 32; at < ChunkBytes; at += 8) length += BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(chunk[at..])) * 4096;
        return codec < Codecs && (codec == 0 ? stored == length : stored > 0 && stored < length);
    }

    /// <summary>The last bytes repeat where the tables are, and both checksums: they were written last.</summary>
    private static bool IsFooter(FileStream stream, byte[] header)
    {
        byte[] footer = new byte[FooterBytes];
        stream.Position = stream.Length - FooterBytes;
        stream.ReadExactly(footer);
        return U64(footer, 0) == U64(header, 136) && U64(footer, 8) == U64(header, 144) && U32(footer, 16) == U32(header, 168)
            && U32(footer, 20) == U32(header, HeaderBytes - 4) && U64(footer, 24) == FooterMagic;
    }

    private static bool IsGood(FileStream stream, ulong offset, ulong length, uint checksum)
    {
        if (offset > (ulong)stream.Length || length > (ulong)stream.Length - offset) return false;
        byte[] block = new byte[Math.Min(length, 1 << 20)];
        uint crc = uint.MaxValue;
        stream.Position = (long)offset;
        for (ulong left = length; left > 0;)
        {
            Span<byte> part = block.AsSpan(0, (int)Math.Min(left, (ulong)block.Length));
            stream.ReadExactly(part);
            crc = Crc(crc, part);
            left -= (ulong)part.Length;
        }
        return ~crc == checksum;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes) => ~Crc(uint.MaxValue, bytes);

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    private static uint U32(byte[] from, int at) => BinaryPrimitives.ReadUInt32LittleEndian(from.AsSpan(at));

    private static ulong U64(byte[] from, int at) => BinaryPrimitives.ReadUInt64LittleEndian(from.AsSpan(at));
}
