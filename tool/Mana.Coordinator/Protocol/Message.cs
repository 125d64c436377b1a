using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mana.Coordinator.Protocol;

/// <summary>One message; the records are rendered from native/protocol/messages.toml.</summary>
public abstract partial record Message
{
    public abstract MessageType Type { get; }

    internal abstract void WriteFields(FrameWriter to);
}

/// <summary>What lets an agent or a client into a job: 16 random bytes, in a file that only the user reads.</summary>
public sealed class Secret
{
    public const int Length = 16;
    private readonly byte[] _bytes;

    private Secret(byte[] bytes) => _bytes = bytes;

    public static Secret Make() => new(RandomNumberGenerator.GetBytes(Length));

    public static Secret From(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Length ? new Secret(bytes.ToArray()) : throw new ArgumentException("a secret has 16 bytes", nameof(bytes));

    /// <summary>From 32 hexadecimal digits; null for anything else.</summary>
    public static Secret? TryParse(string hex) =>
        hex.Length == 2 * Length && hex.All(char.IsAsciiHexDigit) ? new Secret(Convert.FromHexString(hex)) : null;

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Takes as long for a wrong secret as for the right one.</summary>
    public bool Matches(Secret other) => CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    public string ToHex() => Convert.ToHexStringLower(_bytes);

    /// <summary>Never into a log.</summary>
    public override string ToString() => "(secret)";
}

/// <summary>The set of world ranks that a collective clock belongs to, as a hash: struct split_clock.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ClockId(ulong Low, ulong High);

/// <summary>A clock and its value: collectives entered, or how many may be.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ClockValue(ClockId Id, ulong Value);
