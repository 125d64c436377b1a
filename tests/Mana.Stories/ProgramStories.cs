using Mana.Testing;
using Xunit;

namespace Mana.Stories;

/// <summary>Programs built here by mpicc, mpicxx and mpifort of either MPI run on either MPI's bundle, and say what they say natively.</summary>
[Collection(InTheHouse.Name)]
public sealed class ProgramStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private static readonly string[] Programs =
    [
        "pingpong", "stencil", "hybrid", "userops", "reductions", "attributes", "finalizing", "datatypes", "typeinfo", "alltoallw", "errors", "statuses",
        "communicators", "intercomm", "topologies", "persistent", "polling", "nonblocking", "collectives", "rma", "windows", "fileio", "mpit", "threads",
        "info", "bsend", "probes", "grequest", "profiled", "init", "processes", "nopie", "callbacks", "cplusplus", "cplusbindings", "fortran77", "fortran90",
        "fortran2008", "spawn", "sessions", "handles",
    ];

    /// <summary>Two ranks everywhere; four where ranks that wait do not spin (two cores are enough for Open MPI, not for MPICH).</summary>
    private static readonly (Mpi Bundle, int Ranks)[] Sites = [(Mpi.Mpich, 2), (Mpi.OpenMpi, 2), (Mpi.OpenMpi, 4)];

    public static TheoryData<string, string, string, int> EveryProgram()
    {
        TheoryData<string, string, string, int> data = [];
        foreach ((Mpi bundle, int ranks) in Sites)
            foreach (Mpi builtFor in Mpi.All)
                foreach (string program in Programs)
                    data.Add(program, builtFor.Name, bundle.Name, ranks);
        return data;
    }

    /// <summary>The native reference is the same source built for the bundle's MPI: its algorithms decide the last bits of a sum.</summary>
    [Theory]
    [MemberData(nameof(EveryProgram))]
    public async Task A_program_gives_its_native_result(string program, string builtFor, string bundle, int ranks)
    {
        Mpi site = Mpi.Named(bundle);
        Outcome native = await house.NativeAsync(site, ranks, Limit, House.Program(program, site));
        Assert.True(native.ExitCode == 0 && native.Output.Contains("RESULT", StringComparison.Ordinal), $"natively already:\n{native}");
        Outcome mana = await house.UnderManaAsync(site, ranks, Limit, House.Program(program, Mpi.Named(builtFor)));
        Assert.True(mana.Output == native.Output && mana.ExitCode == 0, $"{mana}\n--- natively\n{native.Output}");
    }

    /// <summary>Only where the site has them.</summary>
    [Fact]
    public async Task Large_counts_give_their_native_result()
    {
        Outcome native = await house.NativeAsync(Mpi.Mpich, 2, Limit, House.Program("counts", Mpi.Mpich));
        Assert.True(native.ExitCode == 0 && native.Output.Contains("RESULT", StringComparison.Ordinal), $"natively already:\n{native}");
        Outcome mana = await house.UnderManaAsync(Mpi.Mpich, 2, Limit, House.Program("counts", Mpi.Mpich));
        Assert.True(mana.Output == native.Output && mana.ExitCode == 0, $"{mana}\n--- natively\n{native.Output}");
    }

    [Theory]
    [InlineData("mpich", "openmpi", "0")]
    [InlineData("mpich", "openmpi", "3")]
    [InlineData("openmpi", "mpich", "1")]
    [InlineData("openmpi", "mpich", "2")]
    public async Task A_program_gets_the_thread_level_it_asks_for(string builtFor, string bundle, string level)
    {
        Mpi site = Mpi.Named(bundle);
        Outcome native = await house.NativeAsync(site, 2, Limit, House.Program("init", site), level, "a b", "", "'c'");
        Outcome mana = await house.UnderManaAsync(site, 2, Limit, House.Program("init", Mpi.Named(builtFor)), level, "a b", "", "'c'");
        Assert.True(mana.Output == native.Output && mana.ExitCode == native.ExitCode, $"{mana}\n--- natively\n{native.Output}");
    }

    /// <summary>MPI-4's on an MPI of 3.1. Each rank names each function once, however often it is called.</summary>
    [Fact]
    public async Task A_function_that_the_site_lacks_says_so_and_calls_no_error_handler()
    {
        Outcome mana = await house.UnderManaAsync(Mpi.OpenMpi, 2, Limit, House.Program("absent", Mpi.Mpich));
        Assert.True(mana is { ExitCode: 0, Output: "RESULT absent ok on 2 ranks\n" }, mana.ToString());
        foreach (string function in (string[])["MPI_Isendrecv", "MPI_Comm_idup_with_info", "MPI_Session_init"])
            Assert.Equal(2, mana.Errors.Split($"this site's MPI has no {function}:").Length - 1);
    }

    /// <summary>Programs with system calls of their own are steered completely, at a price.</summary>
    [Theory]
    [InlineData("mpich", "openmpi")]
    [InlineData("openmpi", "mpich")]
    public async Task A_program_runs_with_dispatched_system_calls(string builtFor, string bundle)
    {
        Mpi site = Mpi.Named(bundle);
        Outcome native = await house.NativeAsync(site, 2, Limit, House.Program("stencil", site));
        using Folder folder = new();
        Outcome mana = await house.Tool.RunAsync(
            house.Tool.Launch(site, 2, [House.Program("stencil", Mpi.Named(builtFor))], "--syscalls", "dispatch"), folder.Path, Limit);
        Assert.True(mana.Output == native.Output && mana.ExitCode == 0, $"{mana}\n--- natively\n{native.Output}");
    }
}
