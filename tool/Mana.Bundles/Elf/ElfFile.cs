using System.Buffers.Binary;
using System.Text;

namespace Mana.Bundles.Elf;

/// <summary>What the tool needs to know of an ELF file: kind, interpreter, needed libraries, soname, build-id. System V gABI, chapters 4 and 5.</summary>
public sealed record ElfFile
{
    public required string Path { get; init; }

    public required bool Is64Bit { get; init; }

    /// <summary>e_machine; 62 is x86-64.</summary>
    public required int Machine { get; init; }

    /// <summary>e_type: 2 a program at fixed addresses, 3 a shared object or position-independent program.</summary>
    public required int Type { get; init; }

    public string? Interpreter { get; init; }

    public bool HasDynamicSection { get; init; }

    public IReadOnlyList<string> Needed { get; init; } = [];

    public IReadOnlyList<string> RunPath { get; init; } = [];

    public string? Soname { get; init; }

    /// <summary>Lower-case hexadecimal; null where the linker wrote none.</summary>
    public string? BuildId { get; init; }

    public const int MachineX64 = 62;

    /// <summary>Null for a file that is no ELF file at all, for instance a script.</summary>
    /// <exception cref="InvalidDataException">It starts as an ELF file and is damaged.</exception>
    public static ElfFile? TryRead(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        byte[] head = new byte[64];
        int got = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (got < 20 || !head.AsSpan(0, 4).SequenceEqual("\u007fELF"u8)) return null;
        bool is64 = head[4] == 2;
        ElfFile basic = new()
        {
            Path = path,
            Is64Bit = is64,
            Type = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(16)),
            Machine = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(18)),
        };
        // Other classes are refused by the caller with a message of their own; their layout does not matter.
        return is64 && head[5] == 1 && got == 64 ? new ElfReader(stream, head).Read(basic) : basic;
    }
}

/// <summary>Reads the program headers of a 64-bit little-endian file. Sizes are capped before anything is read.</summary>
internal sealed class ElfReader(FileStream stream, byte[] header)
{
    private const int HeaderSize = 56, MaxHeaders = 4096, MaxPart = 16 << 20;
    private readonly List<(uint Type, ulong Offset, ulong Address, ulong Size)> _segments = [];

    public ElfFile Read(ElfFile file)
    {
        ReadSegments();
        string? interpreter = null, buildId = null;
        byte[]? dynamic = null;
        foreach ((uint type, ulong offset, _, ulong size) in _segments)
        {
            if (type == 3) interpreter = Encoding.UTF8.GetString(Part(offset, size)).TrimEnd('\0');
            else if (type == 2) dynamic = Part(offset, size);
            else if (type == 4) buildId ??= BuildId(Part(offset, size));
        }
        file = file with { Interpreter = interpreter, BuildId = buildId, HasDynamicSection = dynamic is not null };
        return dynamic is null ? file : WithDynamic(file, dynamic);
    }

    private void ReadSegments()
    {
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(32));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(54)), count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56));
        if (count == 0) return;
        if (size != HeaderSize || count > MaxHeaders) throw new InvalidDataException("its program headers are damaged");
        byte[] bytes = Part(table, (ulong)(size * count));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> p = bytes.AsSpan(i * size);
            _segments.Add((BinaryPrimitives.ReadUInt32LittleEndian(p), U64(p[8..]), U64(p[16..]), U64(p[32..])));
        }
    }

    private ElfFile WithDynamic(ElfFile file, byte[] dynamic)
    {
        List<(ulong Tag, ulong Value)> entries = [];
        for (int at = 0; at + 16 <= dynamic.Length && U64(dynamic.AsSpan(at)) != 0; at += 16)
            entries.Add((U64(dynamic.AsSpan(at)), U64(dynamic.AsSpan(at + 8))));
        ulong strings = entries.Find(e => e.Tag == 5).Value, size = entries.Find(e => e.Tag == 10).Value;
        if (strings == 0) return file;
        byte[] text = Part(OffsetOf(strings), size);
        string At(ulong index) => index < (ulong)text.Length
            ? Encoding.UTF8.GetString(text.AsSpan((int)index)[..Math.Max(0, text.AsSpan((int)index).IndexOf((byte)0))])
            : throw new InvalidDataException("its string table is damaged");
        return file with
        {
            Needed = [.. entries.Where(e => e.Tag == 1).Select(e => At(e.Value))],
            Soname = entries.Where(e => e.Tag == 14).Select(e => At(e.Value)).FirstOrDefault(),
            RunPath = [.. entries.Where(e => e.Tag is 15 or 29).SelectMany(e => At(e.Value).Split(':', StringSplitOptions.RemoveEmptyEntries))],
        };
    }

    private ulong OffsetOf(ulong address)
    {
        foreach ((uint type, ulong offset, ulong start, ulong size) in _segments)
            if (type == 1 && address >= start && address - start < size) return offset + (address - start);
        throw new InvalidDataException("an address lies outside its segments");
    }

    /// <summary>The note of owner "GNU" and type 3 (NT_GNU_BUILD_ID).</summary>
    private static string? BuildId(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= 12)
        {
            int name = Aligned(BinaryPrimitives.ReadInt32LittleEndian(notes)), size = BinaryPrimitives.ReadInt32LittleEndian(notes[4..]);
            int type = BinaryPrimitives.ReadInt32LittleEndian(notes[8..]);
            if (name < 0 || size < 0 || 12L + name + Aligned(size) > notes.Length) return null;
            if (type == 3 && name == 4 && notes.Slice(12, 3).SequenceEqual("GNU"u8))
                return Convert.ToHexStringLower(notes.Slice(12 + name, size));
            notes = notes[(12 + name + Aligned(size))..];
        }
        return null;
    }

    private byte[] Part(ulong offset, ulong size)
    {
        if (size > MaxPart || offset > (ulong)stream.Length || size > (ulong)stream.Length - offset)
            throw new InvalidDataException("a part lies outside the file");
        byte[] bytes = new byte[size];
        stream.Position = (long)offset;
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static int Aligned(int n) => (n + 3) & ~3;

    private static ulong U64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
