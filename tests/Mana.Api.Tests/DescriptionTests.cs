using Mana.Api.Tests.Support;
using Xunit;

namespace Mana.Api.Tests;

/// <summary>What the rest of the house relies on in the description of this checkout.</summary>
public sealed class DescriptionTests
{
    private static ApiDescription Api => Repository.Description;

    [Fact]
    public void Slots_are_numbered_from_0_without_gaps()
    {
        int[] slots = [.. Api.Crossing.Select(f => f.Slot)];
        Assert.Equal(Enumerable.Range(0, slots.Length), slots);
    }

    [Fact]
    public void A_large_count_variant_widens_its_counts()
    {
        ApiFunction send = Api.Functions.Single(f => f.Name == "Send_c");
        Assert.True(send.IsLarge);
        Assert.Equal("int MPI_Send_c(const void *, MPI_Count, MPI_Datatype, int, int, MPI_Comm)", send.Prototype(CForm.Mpi, send.Symbol));
        Assert.Equal("int core_Send_c(const void *, int64_t, mana_h, int, int, mana_h)", send.Prototype(CForm.Canonical, "core_Send_c"));
        Assert.Equal("int", send.Parameters.Single(p => p.Name == "count").BaseType);
    }

    [Fact]
    public void Parameters_of_the_large_variant_alone_are_not_in_the_base()
    {
        Assert.DoesNotContain(Api.Functions.Single(f => f.Name == "Type_get_contents").Parameters, p => p.Name == "max_large_counts");
        Assert.Contains(Api.Functions.Single(f => f.Name == "Type_get_contents_c").Parameters, p => p.Name == "max_large_counts");
    }

    [Fact]
    public void Open_mpi_has_persistent_collectives_as_extensions()
    {
        ApiFunction bcast = Api.Functions.Single(f => f.Name == "Bcast_init");
        Assert.Equal("MPI_Bcast_init", bcast.SymbolIn(Abi.Mpich));
        Assert.Equal("MPIX_Bcast_init", bcast.SymbolIn(Abi.OpenMpi));
    }

    [Fact]
    public void Arrays_of_a_request_outlive_the_call()
    {
        ApiFunction call = Api.Functions.Single(f => f.Name == "Ialltoallw");
        Assert.All(call.Parameters.Where(p => p.IsArray), p => Assert.Equal(Lifetime.Request, p.Lifetime));
    }

    /// <summary>Fortran counts what it is given from 1, and what it asks for (MPI_Session_get_nth_pset) from 0, as C does.</summary>
    [Fact]
    public void An_index_only_comes_back()
    {
        IEnumerable<ApiParameter> indices = Api.Functions.SelectMany(f => f.Parameters).Where(p => p.Kind == "index");
        Assert.All(indices, p => Assert.Equal(Direction.Out, p.Direction));
    }

    /// <summary>MPI-4.1 section 6.8: neither counts nor displacements nor types are looked at.</summary>
    [Theory]
    [InlineData("Alltoallv_c", "sendcounts", "sdispls")]
    [InlineData("Ialltoallw_c", "sendcounts", "sdispls", "sendtypes")]
    [InlineData("Alltoallw_init_c", "sendcounts", "sdispls", "sendtypes")]
    public void Arrays_of_the_send_buffer_are_not_read_in_place(string function, params string[] arrays)
    {
        ApiFunction call = Api.Functions.Single(f => f.Name == function);
        Assert.All(call.Parameters.Where(p => arrays.Contains(p.Name)), p => Assert.Equal("sendbuf", p.UnlessInPlace));
    }

    [Fact]
    public void Neighbour_collectives_count_by_degree()
    {
        ApiFunction call = Api.Functions.Single(f => f.Name == "Neighbor_alltoallw");
        Assert.Equal("out-degree", call.Parameters.Single(p => p.Name == "sendtypes").Array);
        Assert.Equal("in-degree", call.Parameters.Single(p => p.Name == "recvtypes").Array);
    }

    [Fact]
    public void Handles_of_one_kind_translate_both_ways()
    {
        foreach (Abi abi in Enum.GetValues<Abi>())
        {
            foreach (IGrouping<string, PredefinedHandle> kind in Api.Handles.Where(h => h.AliasOf is null && h.IsIn(abi))
                .GroupBy(h => h.Kind))
            {
                IEnumerable<string?> values = kind.Select(h => abi == Abi.Mpich ? h.Mpich.ToString() : h.OpenMpi);
                Assert.Equal(kind.Count(), values.Distinct(StringComparer.Ordinal).Count());
            }
        }
    }

    [Fact]
    public void The_longest_string_of_any_abi_fits_a_bound()
    {
        Assert.Equal(1024, Api.Constants.Single(c => c.Name == "MPI_MAX_PORT_NAME").Largest);
        Assert.Equal(8192, Api.Constants.Single(c => c.Name == "MPI_MAX_LIBRARY_VERSION_STRING").Largest);
    }

    [Fact]
    public void The_fingerprint_names_the_crossing_table()
    {
        string before = Api.Fingerprint();
        ApiFunction last = Api.Functions[^1];
        ApiDescription changed = Api with { Functions = [.. Api.Functions.SkipLast(1), last with { Slot = last.Slot + 1 }] };
        Assert.Equal(before, ApiDescription.Load(Repository.ApiFolder).Fingerprint());
        Assert.NotEqual(before, changed.Fingerprint());
    }
}
