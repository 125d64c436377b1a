using Mana.Api.Tests.Support;
using Xunit;

namespace Mana.Api.Tests;

/// <summary>
/// The built stub libraries against the installed ones: what a program can bind to in the real library is in ours, an object with the
/// same size, an entry point as weak or strong, so that profilers interpose as they do natively.
/// </summary>
public sealed class StubLibraryTests
{
    // Of the C libraries only the API and its objects; of the Fortran libraries every symbol.
    [MpiFact(Abi.Mpich)]
    public Task Mpichs_c_library_is_complete() => Compare(Abi.Mpich, "libmpich.so.12", IsC);

    [MpiFact(Abi.OpenMpi)]
    public Task Open_mpis_c_library_is_complete() => Compare(Abi.OpenMpi, "libmpi.so.40", IsC);

    [MpiFact(Abi.Mpich, fortran: true)]
    public Task Mpichs_fortran_library_is_complete() => Compare(Abi.Mpich, "libmpichfort.so.12", _ => true);

    [MpiFact(Abi.OpenMpi, fortran: true)]
    public Task Open_mpis_mpif_h_library_is_complete() => Compare(Abi.OpenMpi, "libmpi_mpifh.so.40", _ => true);

    [MpiFact(Abi.OpenMpi, fortran: true)]
    public Task Open_mpis_mpi_module_is_complete() => Compare(Abi.OpenMpi, "libmpi_usempi_ignore_tkr.so.40", _ => true);

    [MpiFact(Abi.OpenMpi, fortran: true)]
    public Task Open_mpis_mpi_f08_module_is_complete() => Compare(Abi.OpenMpi, "libmpi_usempif08.so.40", _ => true);

    private static async Task Compare(Abi abi, string soname, Predicate<string> counts)
    {
        string ours = Path.Combine(Repository.Root, "build", "upper", "out", "upper", soname);
        Assert.True(File.Exists(ours), $"{ours} does not exist: `make pack` builds it");
        Symbols stub = await Symbols.Of(ours);
        Symbols real = await Symbols.Of(Path.Combine(await new Installation(abi).LibraryFolder(), soname));
        StubLibrary[] libraries = [.. Repository.Description.Libraries.Where(l => l.Abi == abi && l.Soname == soname)];
        HashSet<string> beside = [.. libraries.SelectMany(l => l.Functions)];
        HashSet<string> objects = [.. libraries.SelectMany(l => l.Objects).Select(o => o.Name)];
        bool Counts(string symbol) => counts(symbol) || beside.Contains(symbol) || objects.Contains(symbol);
        bool IsMisbound(string symbol) => IsEntryPoint(symbol) && !beside.Contains(symbol) && stub.Functions.Contains(symbol)
            && real.Weak.Contains(symbol) != stub.Weak.Contains(symbol);

        List<string> wrong = [];
        wrong.AddRange(real.Functions.Where(s => Counts(s) && !stub.Functions.Contains(s)).Select(s => $"{s} is missing"));
        wrong.AddRange(real.Functions.Where(IsMisbound).Select(s => $"{s} is {(real.Weak.Contains(s) ? "not " : "")}weak"));
        foreach ((string name, int size) in real.Objects.Where(o => Counts(o.Key)))
            if (!stub.Objects.TryGetValue(name, out int got)) wrong.Add($"object {name} is missing");
            else if (got != size) wrong.Add($"object {name} has {got} bytes, not {size}");

        Assert.NotEmpty(real.Functions);
        Assert.Empty(wrong.Order(StringComparer.Ordinal));
    }

    private static bool IsC(string symbol)
    {
        string name = symbol.StartsWith('P') ? symbol[1..] : symbol;
        return name.StartsWith("MPI_", StringComparison.Ordinal) || name.StartsWith("MPIX_", StringComparison.Ordinal);
    }

    // Not the CUDA query, which Open MPI exports strongly, nor what has other names than MPI's own.
    private static bool IsEntryPoint(string symbol) =>
        symbol.TrimStart('p', 'P').StartsWith("mpi", StringComparison.OrdinalIgnoreCase)
        && !symbol.Contains("f90", StringComparison.OrdinalIgnoreCase)
        && symbol is not ("MPIX_Query_cuda_support" or "MPI_Status_c2f08" or "MPI_Status_f082c");
}
