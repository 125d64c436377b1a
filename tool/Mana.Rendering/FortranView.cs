namespace Mana.Rendering;

/// <summary>One Fortran entry point as its template sees it.</summary>
public sealed record FortranView
{
    /// <summary>mpi_send; every exported spelling derives from it.</summary>
    public required string Lower { get; init; }

    /// <summary>MPI_SEND.</summary>
    public required string Upper { get; init; }

    /// <summary>The function of the C binding that does the work: MPI_Send.</summary>
    public required string MpiName { get; init; }

    /// <summary>What MPICH's mpi_f08 module appends to the name: _f08_, _f08ts_ with choice buffers, _large_ with large counts.</summary>
    public required string F08Suffix { get; init; }

    public required string Params { get; init; }

    public required IReadOnlyList<string> Before { get; init; }

    public required string Args { get; init; }

    public required IReadOnlyList<string> After { get; init; }

    public required IReadOnlyList<string> Always { get; init; }
}

/// <summary>A prototype of the C binding.</summary>
public sealed record PrototypeView(string MpiName, string AppReturn, string AppParams);

/// <summary>A predefined object or key with its Fortran INTEGER.</summary>
public sealed record FortranHandleView(string Name, string KindMacro, long Canonical, int Fortran);

/// <summary>A data object of a Fortran library; Value is the content of a constant of the mpi_f08 module.</summary>
public sealed record FortranObjectView(string Name, int Size, int Alignment, int? Value);
