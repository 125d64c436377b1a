using Mana.Api.Tests.Support;
using Xunit;

namespace Mana.Api.Tests;

/// <summary>Constants and predefined handles, compared with what a program compiled against an installed mpi.h sees.</summary>
public sealed class ConstantTests
{
    // Open MPI hides these from new programs, but its library keeps them for old ones.
    private static readonly HashSet<string> HiddenByOpenMpi =
    [
        "MPI_LB", "MPI_UB", "MPI_REAL2", "MPI_COMBINER_HVECTOR_INTEGER", "MPI_COMBINER_HINDEXED_INTEGER", "MPI_COMBINER_STRUCT_INTEGER",
    ];

    private const string Printer = """
        #include <dlfcn.h>
        #include <stdio.h>
        static void show(const char *name, void *p, int symbol) {
          Dl_info info;
          if (symbol && dladdr(p, &info) && info.dli_saddr == p) printf("%s %s\n", name, info.dli_sname);
          else printf("%s %lld\n", name, (long long)p);
        }
        """;

    [MpiFact(Abi.Mpich)]
    public Task Every_constant_has_the_value_of_mpich() => CompareConstants(Abi.Mpich);

    [MpiFact(Abi.OpenMpi)]
    public Task Every_constant_has_the_value_of_open_mpi() => CompareConstants(Abi.OpenMpi);

    [MpiFact(Abi.Mpich)]
    public Task Every_predefined_handle_is_that_of_mpich() =>
        CompareHandles(Abi.Mpich, h => h.Mpich is { } value ? ((int)value).ToString() : null);

    [MpiFact(Abi.OpenMpi)]
    public Task Every_predefined_handle_is_that_of_open_mpi() => CompareHandles(Abi.OpenMpi, h => h.OpenMpi);

    [MpiFact(Abi.Mpich, fortran: true)]
    public Task Every_fortran_value_is_that_of_mpich() => CompareFortran(Abi.Mpich, h => h.Mpich is { } value ? (int)value : null);

    [MpiFact(Abi.OpenMpi, fortran: true)]
    public Task Every_fortran_value_is_that_of_open_mpi() => CompareFortran(Abi.OpenMpi, h => h.OpenMpiFortran);

    private static Task CompareConstants(Abi abi) => CompareNames(
        abi, Repository.Description.Constants.ToDictionary(c => c.Name, c => c.In(abi)?.ToString(), StringComparer.Ordinal),
        name => Repository.Description.Constants.Single(c => c.Name == name).In(abi)!.Value.Symbol is not null);

    private static Task CompareHandles(Abi abi, Func<PredefinedHandle, string?> value) => CompareNames(
        abi, Repository.Description.Handles.ToDictionary(h => h.Name, value, StringComparer.Ordinal), _ => abi == Abi.OpenMpi);

    private static async Task CompareNames(Abi abi, Dictionary<string, string?> expected, Func<string, bool> isSymbol)
    {
        Installation mpi = new(abi);
        string[] names = [.. expected.Keys];
        IReadOnlyDictionary<int, string> refused = await mpi.RefusedLines(
            names.Select((n, i) => $"void *f{i}(void) {{ return (void *)(long)({n}); }}"));
        HashSet<string> hidden = [.. refused.Keys.Select(i => names[i])];
        string[] known = [.. names.Where(n => !hidden.Contains(n))];
        string[] printed = await mpi.Print(Printer, known.Select(n =>
            $"show(\"{n}\", (void *)(long)({n}), {(expected[n] is not null && isSymbol(n) ? 1 : 0)});"));
        Dictionary<string, string> real = printed.Select(l => l.Split(' ')).ToDictionary(w => w[0], w => w[1], StringComparer.Ordinal);

        string none = real.GetValueOrDefault("MPI_DATATYPE_NULL", "");
        if (abi == Abi.OpenMpi) hidden.ExceptWith(HiddenByOpenMpi);
        IEnumerable<string> lacking = hidden.Where(n => expected[n] is not null).Select(n => $"{n} is described, but mpi.h lacks it");
        IEnumerable<string> unknown = known.Where(n => expected[n] is null && real[n] != none)
            .Select(n => $"{n} = {real[n]} is not described");
        IEnumerable<string> other = known.Where(n => expected[n] is { } v && !Matches(v, real[n]))
            .Select(n => $"{n} = {real[n]}, described as {expected[n]}");
        Assert.Empty(lacking.Concat(unknown).Concat(other));
    }

    // MPI_UNWEIGHTED of MPICH is the content of a data object: a pointer, not a number that could be written down.
    private static bool Matches(string described, string real) =>
        described == real || (described is "MPI_UNWEIGHTED" or "MPI_WEIGHTS_EMPTY" or "MPI_T_PVAR_ALL_HANDLES" && real.Length > 0);

    private static async Task CompareFortran(Abi abi, Func<PredefinedHandle, int?> handle)
    {
        Dictionary<string, long?> expected = Repository.Description.Constants.Where(c => c.In(abi)?.Symbol is null)
            .ToDictionary(c => c.Name, c => c.FortranIn(abi), StringComparer.Ordinal);
        foreach (PredefinedHandle h in Repository.Description.Handles) expected[h.Name] = handle(h);
        // Addresses, strings and MPI_T are not numbers of mpif.h.
        string[] names = [.. expected.Keys.Where(n => !n.StartsWith("MPI_T_", StringComparison.Ordinal))
            .Except(["MPI_BOTTOM", "MPI_IN_PLACE", "MPI_STATUS_IGNORE", "MPI_STATUSES_IGNORE", "MPI_ARGV_NULL", "MPI_ARGVS_NULL",
                "MPI_ERRCODES_IGNORE", "MPI_UNWEIGHTED", "MPI_WEIGHTS_EMPTY"], StringComparer.Ordinal)];
        IReadOnlyDictionary<string, long> real = await new Installation(abi).PrintFortran(names);

        Assert.True(real.Count > 200, $"only {real.Count} names of mpif.h");
        Assert.Empty(real.Where(r => expected[r.Key] is { } value && value != r.Value)
            .Select(r => $"{r.Key} = {r.Value}, described as {expected[r.Key]}"));
    }
}
