namespace Mana.Api;

/// <summary>What one library of one MPI exports beside the MPI functions, and so must its stub.</summary>
public sealed record StubLibrary(Abi Abi, string Soname, IReadOnlyList<DataObject> Objects, IReadOnlyList<string> Functions);

/// <summary>An exported data object. Executables take COPY relocations on it, so its size is part of the ABI.</summary>
/// <param name="Name">The symbol.</param>
/// <param name="Size">Its size in bytes (st_size).</param>
/// <param name="Value">What a constant of the mpi_f08 module holds; null for anything else.</param>
public sealed record DataObject(string Name, int Size, int? Value);
