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
        Outcome run = await mana.ManaAsync(module, "launch", "--bundle", "cray", "-n", "2", "--", "./hello");
        Assert.True(run is { ExitCode: 0, Output: "sum 1 of 2\nsum 1 of 2\n" }, run.ToString());
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
    }

    [Fact]
    public async Task By_path_without_any_module()
    {
        CrayStandIn cray = await MadeAsync();
        (SiteProfile profile, _) = await ProbeAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal), "--mpicc", cray.Folder + "/bin/mpicc", "--launcher", mana["pals/mpiexec"]);
        Assert.Equal(CrayStandIn.Version, profile.Version);
        Assert.Contains(cray.Folder + "/lib/libmpi_gnu_123.so.12", profile.Libraries.Mpi);
    }
}
