using Mana.Api.Tests.Support;
using Xunit;

namespace Mana.Api.Tests;

/// <summary>What the installed libraries export is what the description says, function for function and byte for byte.</summary>
public sealed class ExportTests
{
    // Open MPI's CUDA extension has no profiling name.
    private const string WithoutProfiling = "PMPIX_Query_cuda_support";

    [MpiFact(Abi.Mpich)]
    public Task Every_function_mpich_exports_is_described_and_the_reverse() => CompareFunctions(Abi.Mpich, "libmpich.so.12");

    [MpiFact(Abi.OpenMpi)]
    public Task Every_function_open_mpi_exports_is_described_and_the_reverse() => CompareFunctions(Abi.OpenMpi, "libmpi.so.40");

    [MpiFact(Abi.Mpich)]
    public Task Every_data_object_of_mpich_has_its_size() => CompareObjects(Abi.Mpich);

    [MpiFact(Abi.OpenMpi)]
    public Task Every_data_object_of_open_mpi_has_its_size() => CompareObjects(Abi.OpenMpi);

    private static async Task CompareFunctions(Abi abi, string soname)
    {
        Symbols real = await Symbols.Of(Path.Combine(await new Installation(abi).LibraryFolder(), soname));
        ApiDescription api = Repository.Description;
        IEnumerable<string> described = api.Functions
            .Where(f => f.PresenceIn(abi) is Presence.Function or Presence.Extension).Select(f => f.SymbolIn(abi)!);
        HashSet<string> expected = [.. described.SelectMany(s => new[] { s, "P" + s })];
        HashSet<string> beside = [.. api.Libraries.Where(l => l.Abi == abi && l.Soname == soname).SelectMany(l => l.Functions)];
        IEnumerable<string> exported = real.Functions.Where(s => IsMpi(s) && !beside.Contains(s) && !beside.Contains(s.TrimStart('P')));

        if (abi == Abi.OpenMpi) expected.Remove(WithoutProfiling);
        Assert.Empty(expected.Except(real.Functions).Order(StringComparer.Ordinal));
        Assert.Empty(exported.Except(expected).Order(StringComparer.Ordinal));
        Assert.Empty(beside.Except(real.Functions).Order(StringComparer.Ordinal));
    }

    private static bool IsMpi(string symbol) =>
        symbol.TrimStart('P').StartsWith("MPI_", StringComparison.Ordinal)
        || symbol.TrimStart('P').StartsWith("MPIX_", StringComparison.Ordinal);

    private static async Task CompareObjects(Abi abi)
    {
        string folder = await new Installation(abi).LibraryFolder();
        List<string> differences = [];
        foreach (StubLibrary library in Repository.Description.Libraries.Where(l => l.Abi == abi))
        {
            string? path = FindLibrary(folder, library.Soname);
            if (path is null) continue;
            Symbols real = await Symbols.Of(path);
            foreach (DataObject o in library.Objects)
                if (!real.Objects.TryGetValue(o.Name, out int size) || size != o.Size)
                    differences.Add($"{library.Soname}: {o.Name} has {size} bytes, described with {o.Size}");
        }
        Assert.Empty(differences);
    }

    // The C library is there where a wrapper is; Fortran libraries come in packages of their own.
    private static string? FindLibrary(string folder, string soname)
    {
        string path = Path.Combine(folder, soname);
        if (File.Exists(path)) return path;
        Assert.False(soname is "libmpich.so.12" or "libmpi.so.40", $"{path} does not exist");
        return null;
    }
}
