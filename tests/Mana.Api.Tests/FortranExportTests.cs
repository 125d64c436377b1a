using Mana.Api.Tests.Support;
using Xunit;

namespace Mana.Api.Tests;

/// <summary>The mpif.h entry points of the installed Fortran libraries are those that the description says exist.</summary>
public sealed class FortranExportTests
{
    // Beside the API: predefined callbacks, MPI_SIZEOF's specifics, and the C_PTR overloads of `use mpi`.
    private static readonly string[] Beside = ["mpi_sizeof_", "_fn_", "_fn_null_", "mpi_f_sync_reg_", "_cptr_", "mpirinit"];

    [MpiFact(Abi.Mpich, fortran: true)]
    public Task Every_entry_point_of_mpich_is_described_and_the_reverse() => Compare(Abi.Mpich, "libmpichfort.so.12");

    [MpiFact(Abi.OpenMpi, fortran: true)]
    public Task Every_entry_point_of_open_mpi_is_described_and_the_reverse() => Compare(Abi.OpenMpi, "libmpi_mpifh.so.40");

    private static async Task Compare(Abi abi, string soname)
    {
        Symbols real = await Symbols.Of(Path.Combine(await new Installation(abi).LibraryFolder(), soname));
        // Open MPI's CUDA extension is a C function only.
        HashSet<string> expected = [.. Repository.Description.Functions
            .Where(f => f.Fortran != Form.None && f.SymbolIn(abi) is not null
                && !(abi == Abi.OpenMpi && f.Name == "MPIX_Query_cuda_support"))
            .Select(f => f.SymbolIn(abi)!.ToLowerInvariant() + "_")];
        IEnumerable<string> exported = real.Functions.Where(IsEntryPoint);

        Assert.True(expected.Count > 380, $"only {expected.Count} entry points");
        Assert.Empty(expected.Except(real.Functions).Order(StringComparer.Ordinal));
        Assert.Empty(exported.Except(expected).Order(StringComparer.Ordinal));
    }

    private static bool IsEntryPoint(string symbol) =>
        symbol.StartsWith("mpi", StringComparison.Ordinal) && symbol.EndsWith('_') && !symbol.EndsWith("__", StringComparison.Ordinal)
        && !symbol.Contains("f08", StringComparison.Ordinal) && !Array.Exists(Beside, b => symbol.Contains(b, StringComparison.Ordinal));
}
