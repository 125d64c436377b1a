using Mana.Bundles.Profile;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>backends/craympi on a stand-in: it has not run on a Cray.</summary>
[Collection(WithInstallation.Name)]
public sealed class CrayTests(Installation mana)
{
    private async Task<CrayStandIn> MadeAsync()
    {
        CrayStandIn cray = new(mana);
        await cray.MakeAsync();
        return cray;
    }

    private async Task<(SiteProfile Profile, Outcome Probe)> ProbeAsync(IReadOnlyDictionary<string, string?> environment, params string[] more)
    {
        Outcome probe = await mana.ManaAsync(environment, ["bundle", "probe", "--backend", "craympi", "--output", "cray.toml", .. more]);
        Installation.Require(probe);
        return (ProfileReader.Read(mana["cray.toml"]), probe);
    }

    /// <summary>By the environment's cc, as a user of the machine would: the program asks for the soname that it links.</summary>
    private async Task<string> BuildAsync(IReadOnlyDictionary<string, string?> module, string name, string soname)
    {
        Installation.Require(await mana.RunAsync(["cc", "hello.c", "-o", name], TimeSpan.FromMinutes(1), module));
        Outcome needed = await mana.RunAsync(["readelf", "-d", name], TimeSpan.FromMinutes(1));
        Assert.Contains($"[{soname}]", needed.Output, StringComparison.Ordinal);
        return "./" + name;
    }

    private async Task RunsAsync(IReadOnlyDictionary<string, string?> module, string program, string bundle = "cray")
    {
        Outcome run = await mana.ManaAsync(module, "launch", "--bundle", bundle, "-n", "2", "--", program);
        Assert.True(run is { ExitCode: 0, Output: "sum 1 of 2\nsum 1 of 2\n" }, run.ToString());
    }

    /// <summary>A program that was built elsewhere, with MPI-4, hears that this MPI is of 3.1.</summary>
    private async Task LacksMpi4Async(IReadOnlyDictionary<string, string?> module)
    {
        string source = Path.Combine(Repository.Root, "tests", "programs", "absent.c");
        Installation.Require(await mana.RunAsync(["mpicc.mpich", source, "-o", "absent"], TimeSpan.FromMinutes(1)));
        Outcome run = await mana.ManaAsync(module, "launch", "--bundle", "cray", "-n", "2", "--", "./absent");
        Assert.True(run is { ExitCode: 0, Output: "RESULT absent ok on 2 ranks\n" }, run.ToString());
        Assert.Contains("this site's MPI has no MPI_Isendrecv:", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task By_its_module_with_srun_and_native_sonames()
    {
        CrayStandIn cray = await MadeAsync();
        Dictionary<string, string?> module = cray.Module(mana["slurm"]);
        (SiteProfile profile, _) = await ProbeAsync(module);
        Assert.Equal(CrayStandIn.Version, profile.Version);
        Assert.Equal("3.1", profile.Standard);
        Assert.Equal("srun", profile.Launcher.Flavour);
        Assert.Contains(cray.Folder + "/lib/libmpi_gnu_123.so.12", profile.Libraries.Mpi);
        Assert.Contains(profile.Libraries.Mpi, l => l.EndsWith("/libmpi_gtl_cuda.so.0", StringComparison.Ordinal));
        Assert.Contains(profile.Libraries.Network, l => l.EndsWith("/libpals.so.0", StringComparison.Ordinal));

        Outcome create = await mana.ManaAsync(module, "bundle", "create", "cray", "--backend", "craympi");
        Installation.Require(create);
        await RunsAsync(module, "./hello");
        await RunsAsync(module, await BuildAsync(module, "hello-native", "libmpi_gnu_123.so.12"));
        await LacksMpi4Async(module);
        Outcome shown = await mana.ManaAsync("launch", "--bundle", "cray", "-n", "2", "--dry-run", "--", "./hello");
        Assert.Contains("srun --mpi=cray_shasta -n 2 ", shown.Output, StringComparison.Ordinal);
        Installation.Require(await mana.ManaAsync("bundle", "remove", "cray"));
    }

    [Fact]
    public async Task By_its_module_with_the_ABI_library_and_PALS()
    {
        CrayStandIn cray = await MadeAsync();
        Dictionary<string, string?> module = cray.Module(mana["pals"]);
        module["CRAY_ABI"] = "1";
        (SiteProfile profile, _) = await ProbeAsync(module);
        Assert.Equal("pals", profile.Launcher.Flavour);
        Assert.Contains(cray.Folder + "/lib-abi-mpich/libmpi.so.12", profile.Libraries.Mpi);
        Installation.Require(await mana.ManaAsync(module, "bundle", "create", "cray-abi", "--backend", "craympi"));
        await RunsAsync(module, await BuildAsync(module, "hello-abi", "libmpi.so.12"), "cray-abi");
        Outcome shown = await mana.ManaAsync("launch", "--bundle", "cray-abi", "-n", "2", "--dry-run", "--", "./hello");
        Assert.Contains(mana["pals/mpiexec"] + " -n 2 ", shown.Output, StringComparison.Ordinal);
        Installation.Require(await mana.ManaAsync("bundle", "remove", "cray-abi"));
    }

    [Fact]
    public async Task By_path_without_any_module_with_PALS_or_ALPS()
    {
        CrayStandIn cray = await MadeAsync();
        Dictionary<string, string?> none = new(StringComparer.Ordinal);
        (SiteProfile profile, _) = await ProbeAsync(none, "--mpicc", cray.Folder + "/bin/mpicc", "--launcher", mana["pals/mpiexec"]);
        Assert.Equal((CrayStandIn.Version, "pals"), (profile.Version, profile.Launcher.Flavour));
        Assert.Contains(cray.Folder + "/lib/libmpi_gnu_123.so.12", profile.Libraries.Mpi);

        Installation.Require(await mana.ManaAsync("bundle", "create", "cray-alps", "--backend", "craympi", "--mpicc", cray.Folder + "/bin/mpicc", "--launcher", mana["alps/aprun"]));
        await RunsAsync(none, "./hello", "cray-alps");
        Outcome shown = await mana.ManaAsync("launch", "--bundle", "cray-alps", "-n", "2", "--dry-run", "--", "./hello");
        Assert.Contains(mana["alps/aprun"] + " -n 2 ", shown.Output, StringComparison.Ordinal);
        Installation.Require(await mana.ManaAsync("bundle", "remove", "cray-alps"));
    }
}
