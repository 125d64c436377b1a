namespace Mana.Rendering;

/// <summary>A constant as templates see it.</summary>
/// <param name="Name">MPI_ANY_SOURCE.</param>
/// <param name="Macro">MANA_ANY_SOURCE.</param>
/// <param name="AbiMacro">ABI_ANY_SOURCE.</param>
/// <param name="Canonical">Its canonical value.</param>
/// <param name="Abi">Its value in the ABI that is being rendered, or null.</param>
public sealed record ConstantView(string Name, string Macro, string AbiMacro, long Canonical, long? Abi);

/// <summary>Constants whose conversion is one function.</summary>
public sealed record GroupView
{
    public required string Kind { get; init; }

    public string Id => Kind.Replace('-', '_');

    public required IReadOnlyList<ConstantView> Constants { get; init; }

    public required bool IsMask { get; init; }

    /// <summary>A kind of parameter; the other groups are only named.</summary>
    public bool IsConverted => Mana.Api.Kinds.Enumerations.Contains(Kind) || IsMask || Kind is "win-flavor" or "win-model";

    /// <summary>Nearly always a plain number from 0: ranks and tags.</summary>
    public bool IsNumber => Kind is "rank" or "tag";

    public string CanonType => Kind == "offset" ? "int64_t" : "int";

    public string SiteType => Kind == "offset" ? "MPI_Offset" : "int";

    /// <summary>What an unknown value becomes: itself, but no number in the application's ABI may turn into a special canonical one.</summary>
    public string InDefault => IsNumber ? "v == -32766 ? v : -1000000" : "v";

    /// <summary>One case a value: some ABIs give one value two names.</summary>
    public IReadOnlyList<ConstantView> InCases => [.. Constants.Where(c => c.Abi is not null).DistinctBy(c => c.Abi)];

    public IReadOnlyList<ConstantView> OutCases => [.. Constants.Where(c => c.Abi is not null).DistinctBy(c => c.Canonical)];

    /// <summary>Error classes that the ABI has no number for: their own would be another's there.</summary>
    public IReadOnlyList<ConstantView> OtherCases =>
        Kind == "error-code" ? [.. Constants.Where(c => c.Abi is null).ExceptBy(OutCases.Select(c => c.Canonical), c => c.Canonical)] : [];
}

/// <summary>A predefined handle as templates see it.</summary>
/// <param name="Name">MPI_COMM_WORLD.</param>
/// <param name="Macro">MANA_COMM_WORLD.</param>
/// <param name="Kind">comm.</param>
/// <param name="Canonical">Its canonical value.</param>
/// <param name="Abi">MPICH: its value; Open MPI: the exported object; null where the ABI lacks it.</param>
/// <param name="IsAlias">Another name of the same object: conversions back give the primary name.</param>
public sealed record HandleView(string Name, string Macro, string Kind, long Canonical, string? Abi, bool IsAlias)
{
    public string Id => Kind;

    public string KindMacro => "MANA_KIND_" + Kind.ToUpperInvariant();

    public bool IsNull => Name.EndsWith("_NULL", StringComparison.Ordinal);

    private uint Bits => Abi is not null && long.TryParse(Abi, out long value) ? (uint)value : 0;

    /// <summary>Top two bits and low byte of an MPICH handle: together they tell the predefined handles of a kind apart.</summary>
    public uint AbiTop => Bits >> 30;

    public uint AbiLow => Bits & 0xff;

    public string AbiHex => $"0x{Bits:x8}";
}

/// <summary>A data object that a stub library exports.</summary>
public sealed record ObjectView(string Name, long Size, int Alignment, long? Canonical);
