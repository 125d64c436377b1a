using Mana.Testing;
using Xunit;

namespace Mana.Stories;

/// <summary>
/// A bundle's proxy alone, without an upper half: tests/programs/proxy parks, drains and saves with messages of every kind under way, and goes on,
/// in the same job or in a new one under the other MPI.
/// </summary>
[Collection(InTheHouse.Name)]
public sealed class ProxyStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>-rdynamic: the program stands in for some calls of the site's MPI (site.c).</summary>
    private static readonly string[] Flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-pthread"];

    public static TheoryData<string, string> Pairs()
    {
        TheoryData<string, string> data = [];
        foreach (Mpi from in Mpi.All)
            foreach (Mpi to in Mpi.All)
                data.Add(from.Name, to.Name);
        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Messages_requests_and_objects_move_to_another_MPI_and_back(string from, string to)
    {
        using Folder folder = new();
        string program = await CompileAsync(folder);
        await RunAsync(Mpi.Named(from), 2, program, "leave", folder);
        Outcome again = await RunAsync(Mpi.Named(to), 2, program, "again", folder);
        Assert.Matches("tags up to 8388607, .* up to 268435455 ", again.Output); // of a site that takes fewer
        await RunAsync(Mpi.Named(from), 2, program, "restore", folder);
    }

    [Theory]
    [InlineData("mpich", 2)]
    [InlineData("openmpi", 2)]
    [InlineData("openmpi", 4)]
    public async Task Messages_requests_and_objects_are_as_before_when_a_job_goes_on(string mpi, int ranks)
    {
        using Folder folder = new();
        await RunAsync(Mpi.Named(mpi), ranks, await CompileAsync(folder), "resume", folder);
    }

    [Theory]
    [InlineData("window", "a window")]
    [InlineData("generalized", "MPI_Grequest_start")]
    [InlineData("idle", "a persistent send")]
    [InlineData("large", "more elements than an int", "mpich")] // the others cannot be asked for so many
    public async Task What_cannot_be_saved_is_named_and_the_job_goes_on(string what, string says, params string[] sites)
    {
        using Folder folder = new();
        string program = await CompileAsync(folder);
        foreach (Mpi mpi in Mpi.All.Where(mpi => sites.Length == 0 || sites.Contains(mpi.Name)))
        {
            Outcome outcome = await RunAsync(mpi, 2, program, what, folder);
            Assert.Contains(says, outcome.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task What_a_cancellation_that_ends_late_has_not_moved_does_not_count(string mpi)
    {
        using Folder folder = new();
        await RunAsync(Mpi.Named(mpi), 2, await CompileAsync(folder), "canceled", folder);
    }

    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task A_thread_that_receives_while_messages_are_taken_out_of_the_network_gets_each_in_its_order(string mpi)
    {
        using Folder folder = new();
        await RunAsync(Mpi.Named(mpi), 2, await CompileAsync(folder), "beside", folder);
    }

    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task A_thread_that_may_not_call_MPI_takes_no_messages_out_of_the_network(string mpi)
    {
        using Folder folder = new();
        await RunAsync(Mpi.Named(mpi), 2, await CompileAsync(folder), "elsewhere", folder);
    }

    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task A_restart_is_told_that_a_site_grants_too_low_a_thread_level(string mpi)
    {
        using Folder folder = new();
        Outcome outcome = await RunAsync(Mpi.Named(mpi), 2, await CompileAsync(folder), "level", folder);
        Assert.Contains("grants MPI_THREAD_SINGLE, and the program was granted MPI_THREAD_MULTIPLE", outcome.Output, StringComparison.Ordinal);
    }

    private static async Task<string> CompileAsync(Folder folder)
    {
        string native = Path.Combine(Repository.Root, "native"), program = folder["proxy"];
        Outcome gcc = await Bounded.RunAsync(
            ["gcc", .. Flags, $"-I{native}/include", $"-I{native}/saved", $"-I{Repository.Root}/build/upper/gen/mpich",
                .. Directory.GetFiles(Path.Combine(Repository.Programs, "proxy"), "*.c"), $"{native}/saved/save_stream.c", "-o", program, "-ldl"],
            folder.Path, Mpi.Environment, Limit);
        Assert.True(gcc.ExitCode == 0, gcc.ToString());
        return program;
    }

    private async Task<Outcome> RunAsync(Mpi mpi, int ranks, string program, string mode, Folder images)
    {
        string proxy = Path.Combine(house.Tool.Home, "bundles", mpi.Name, "lower", "libmana_proxy.so");
        Outcome outcome = await Bounded.RunAsync(mpi.Native(ranks, [program, proxy, mode, images.Path]), images.Path, Mpi.Environment, Limit);
        Assert.True(outcome.ExitCode == 0 && outcome.Output.EndsWith("fine\n", StringComparison.Ordinal), $"{mode} under {mpi}: {outcome}");
        return outcome;
    }
}
