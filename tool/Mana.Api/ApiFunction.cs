namespace Mana.Api;

/// <summary>One variant of one MPI function: MPI_Send and MPI_Send_c are two of these.</summary>
public sealed record ApiFunction
{
    /// <summary>Without MPI_: Send, Send_c. A name that begins with MPIX_ is the whole symbol.</summary>
    public required string Name { get; init; }

    /// <summary>The name without _c of a large-count variant.</summary>
    public required string BaseName { get; init; }

    /// <summary>Checkpoint class; one of <see cref="CheckpointClasses.All"/>.</summary>
    public required string Class { get; init; }

    /// <summary>This is the large-count variant (MPI-4.1 section 2.5.8).</summary>
    public bool IsLarge { get; init; }

    public Form Core { get; init; }

    public Form Proxy { get; init; }

    public Form Stub { get; init; }

    public Form Fortran { get; init; }

    /// <summary>The function of which this is an MPI-1 name: the stub calls that core function instead; else null.</summary>
    public string? As { get; init; }

    /// <summary>C type of the result: int for an error code.</summary>
    public required string Returns { get; init; }

    /// <summary>The result is an error code, to be converted.</summary>
    public bool IsError { get; init; }

    /// <summary>MPI version that brought it ("3.1"); null for extensions. Large counts came with 4.0.</summary>
    public string? Since { get; init; }

    public string? Deprecated { get; init; }

    public string? Removed { get; init; }

    public required Presence InMpich { get; init; }

    public required Presence InOpenMpi { get; init; }

    public required IReadOnlyList<ApiParameter> Parameters { get; init; }

    /// <summary>Index in the crossing table; -1 for what never crosses.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>The symbol: MPI_Send, MPIX_Comm_agree.</summary>
    public string Symbol => Prefixed(Name);

    public Presence PresenceIn(Abi abi) => abi == Abi.Mpich ? InMpich : InOpenMpi;

    /// <summary>The symbol an ABI gives it (MPIX_Bcast_init for an extension), or null where the ABI lacks it.</summary>
    public string? SymbolIn(Abi abi) => PresenceIn(abi) switch
    {
        Presence.Absent => null,
        Presence.Extension => "MPIX_" + Name,
        _ => Symbol,
    };

    /// <summary>The prototype as mpi.h would write it, without names.</summary>
    public string Prototype(CForm form, string symbol)
    {
        string parameters = string.Join(", ", Parameters.Select(p => p.DeclaredType(form)));
        string result = form == CForm.Mpi ? Returns : CTypes.Canonical(Returns);
        return $"{result} {symbol}({(parameters.Length == 0 ? "void" : parameters)})";
    }

    public static string Prefixed(string name) => name.StartsWith("MPIX_", StringComparison.Ordinal) ? name : "MPI_" + name;
}
