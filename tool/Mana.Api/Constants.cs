namespace Mana.Api;

/// <summary>The value an ABI gives a constant: a number, or the exported symbol that stands for it.</summary>
public readonly record struct AbiValue(long Number, string? Symbol = null)
{
    public override string ToString() => Symbol ?? Number.ToString();
}

/// <summary>A group of constants that are converted by one table: the kind of parameter they are values of.</summary>
public sealed record ConstantGroup(string Kind, IReadOnlyList<Constant> Constants)
{
    public bool IsMask => Kinds.Masks.Contains(Kind);
}

/// <summary>A constant of mpi.h with its value in each ABI; null where the ABI lacks it.</summary>
public sealed record Constant
{
    public required string Name { get; init; }

    public required string Kind { get; init; }

    /// <summary>The MPI-5 value, or one of our own for what MPI-5 lacks.</summary>
    public required long Canonical { get; init; }

    public AbiValue? Mpich { get; init; }

    public AbiValue? OpenMpi { get; init; }

    /// <summary>The value of mpif.h where it is not that of mpi.h.</summary>
    public long? MpichFortran { get; init; }

    public long? OpenMpiFortran { get; init; }

    /// <summary>The primary name of the same value, or null.</summary>
    public string? AliasOf { get; init; }

    /// <summary>Name of the generated macro: MANA_ANY_SOURCE, MANA_MPIX_ERR_REVOKED.</summary>
    public string Macro => Macros.Of(Name);

    /// <summary>The largest value over all ABIs: how long a crossing string can be.</summary>
    public long Largest => Math.Max(Canonical, Math.Max(Mpich?.Number ?? 0, OpenMpi?.Number ?? 0));

    public AbiValue? In(Abi abi) => abi == Abi.Mpich ? Mpich : OpenMpi;

    public long? FortranIn(Abi abi) => abi == Abi.Mpich ? MpichFortran ?? Mpich?.Number : OpenMpiFortran ?? OpenMpi?.Number;
}

/// <summary>A predefined handle. In MPICH's ABI a 32-bit value, in Open MPI's the address of an exported object.</summary>
public sealed record PredefinedHandle
{
    public required string Name { get; init; }

    public required string Kind { get; init; }

    /// <summary>1..4095: the MPI-5 value, or one of our own from 0xf00 on.</summary>
    public required uint Canonical { get; init; }

    /// <summary>MPICH's C value, null where its ABI lacks the handle.</summary>
    public uint? Mpich { get; init; }

    /// <summary>The object of Open MPI whose address is the handle, null where its ABI lacks it.</summary>
    public string? OpenMpi { get; init; }

    /// <summary>Open MPI's Fortran INTEGER, null where mpif.h lacks it.</summary>
    public int? OpenMpiFortran { get; init; }

    public string? AliasOf { get; init; }

    public bool IsNull => Name.EndsWith("_NULL", StringComparison.Ordinal);

    public string Macro => Macros.Of(Name);

    public bool IsIn(Abi abi) => abi == Abi.Mpich ? Mpich is not null : OpenMpi is not null;
}

internal static class Macros
{
    public static string Of(string name) =>
        "MANA_" + (name.StartsWith("MPI_", StringComparison.Ordinal) ? name["MPI_".Length..] : name);
}
