using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mana.Coordinator.Protocol;

/// <summary>One message; the records are rendered from native/protocol/messages.toml.</summary>
public abstract partial record Message
{
    public abstract MessageType Type { get; }

    internal abstract void WriteFields(FrameWriter to);
}

/// <summary>Whose proof it is: so that nobody's can be sent back to him as the other's.</summary>
public enum Prover
{
    Coordinator = 'C',
    Peer = 'P',
}

/// <summary>
/// 16 bytes. A job's secret lets agents and clients in: random ones, in a file that only the user reads, which are never sent; what is sent are other random bytes,
/// and proofs.
/// </summary>
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

    /// <summary>That its sender knows this secret, for once: the start of HMAC-SHA256 (protocol/messages.toml).</summary>
    public Secret Prove(Prover prover, Secret own, Secret other) =>
        From(HMACSHA256.HashData(_bytes, (byte[])[(byte)prover, .. own._bytes, .. other._bytes]).AsSpan(0, Length));

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
