using Mana.Api.Tests.Support;
using Xunit;

namespace Mana.Api.Tests;

/// <summary>The compiler compares every prototype of the description with the one an installed mpi.h declares.</summary>
public sealed class PrototypeTests
{
    [MpiFact(Abi.Mpich)]
    public Task Every_prototype_is_that_of_mpich() => Compare(Abi.Mpich);

    [MpiFact(Abi.OpenMpi)]
    public Task Every_prototype_is_that_of_open_mpi() => Compare(Abi.OpenMpi);

    [MpiFact(Abi.Mpich)]
    public async Task A_wrong_parameter_type_is_found()
    {
        ApiFunction send = Repository.Description.Functions.Single(f => f.Name == "Send");
        ApiFunction wrong = send with
        {
            Parameters = [.. send.Parameters.Select(p => p.Name == "count" ? p with { Type = "MPI_Count" } : p)],
        };
        string complaint = Assert.Single(await Differences(Abi.Mpich, [wrong]));
        Assert.Contains("MPI_Send", complaint, StringComparison.Ordinal);
    }

    [MpiFact(Abi.OpenMpi)]
    public async Task A_function_that_the_header_lacks_is_found()
    {
        ApiFunction absent = Repository.Description.Functions.Single(f => f.Name == "Isendrecv");
        Assert.Single(await Differences(Abi.OpenMpi, [absent with { InOpenMpi = Presence.Function }]));
    }

    private static async Task Compare(Abi abi)
    {
        ApiFunction[] declared = [.. Repository.Description.Functions
            .Where(f => f.PresenceIn(abi) is Presence.Function or Presence.Extension)];
        Assert.True(declared.Length > 400, $"only {declared.Length} functions");
        Assert.Empty(await Differences(abi, declared));
    }

    private static async Task<string[]> Differences(Abi abi, ApiFunction[] functions)
    {
        IEnumerable<string> lines = functions.Select(f =>
            $"_Static_assert(__builtin_types_compatible_p(__typeof__({f.SymbolIn(abi)}), {f.Prototype(CForm.Mpi, "")}), \"\");");
        IReadOnlyDictionary<int, string> refused = await new Installation(abi).RefusedLines(lines);
        return [.. refused.Select(r => $"{functions[r.Key].Prototype(CForm.Mpi, functions[r.Key].SymbolIn(abi)!)}: {r.Value}")];
    }
}
