using System.Runtime.InteropServices;
using Mana.Bundles.Backends;
using Mana.Bundles.Build;
using Mana.Bundles.Probe;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;
using Mana.Bundles.Store;
using Mana.Common.Errors;

namespace Mana.Bundles.Doctor;

public enum Health
{
    Ok,
    /// <summary>Works, with less.</summary>
    Weak,
    Bad,
}

/// <summary>One thing that was looked at. <paramref name="Mend"/> says what to do, by a command where there is one; empty where all is well.</summary>
public sealed record Finding(string What, Health State, string Detail, string Mend = "");

/// <summary>Looks at everything mana needs of a machine.</summary>
public sealed class Examination(ManaHome home, BackendCatalog backends, BundleStore bundles, Candidates candidates, bool root)
{
    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken stop)
    {
        List<Finding> findings = [.. Machine.Findings(), HomeFolder(), DotnetSdk(), await CompilerAsync(stop), Codec("lz4", "liblz4.so.1", "liblz4-1"), Codec("zstd", "libzstd.so.1", "libzstd1")];
        foreach (string name in backends.Names) findings.Add(await MpiAsync(name, stop));
        findings.AddRange(bundles.All().Select(OfBundle));
        findings.AddRange(bundles.Unreadable().Select(u => new Finding("bundle " + u.Name, Health.Bad, $"{u.Why.What} ({u.Why.Where})", u.Why.ToDo)));
        return findings;
    }

    private Finding HomeFolder()
    {
        try
        {
            string folder = ManaHome.Ensure(home.Home);
            string file = Path.Combine(folder, $".doctor.{Environment.ProcessId}");
            File.WriteAllText(file, "");
            File.Delete(file);
            return new Finding("home", Health.Ok, folder);
        }
        catch (Exception e) when (e is UserErrorException or IOException or UnauthorizedAccessException)
        {
            return new Finding("home", Health.Bad, home.Home + " cannot be written", "export MANA_HOME=/a/folder/you/own");
        }
    }

    private static Finding DotnetSdk()
    {
        try
        {
            return new Finding(".NET SDK", Health.Ok, Sdk.Find());
        }
        catch (UserErrorException)
        {
            return new Finding(".NET SDK", Health.Weak, "none: bundles cannot be built here, only imported", "install the .NET 10 SDK");
        }
    }

    private async Task<Finding> CompilerAsync(CancellationToken stop)
    {
        if (candidates.OnPath("gcc") is not { } gcc) return new Finding("C compiler", Health.Bad, "no gcc on PATH", "apt-get install gcc libc6-dev");
        ChildResult version = await Gateway.TryRunAsync(new ChildCommand(gcc, ["-dumpfullversion"]), stop);
        return new Finding("C compiler", Health.Ok, $"{gcc} {version.Output.Trim()}");
    }

    /// <summary>Ranks load it when images are compressed, and read.</summary>
    private static Finding Codec(string name, string library, string package)
    {
        if (!NativeLibrary.TryLoad(library, out nint handle)) return new Finding(name, Health.Weak, $"no {library}: no --compress {name}", "apt-get install " + package);
        NativeLibrary.Free(handle);
        return new Finding(name, Health.Ok, library);
    }

    private async Task<Finding> MpiAsync(string name, CancellationToken stop)
    {
        Backend backend;
        try
        {
            backend = backends.Find(name);
        }
        catch (UserErrorException e)
        {
            return new Finding("backend " + name, Health.Bad, $"{e.Error.What} ({e.Error.Where})", e.Error.ToDo);
        }
        try
        {
            SiteProfile profile = await new SiteProbe(candidates, root).RunAsync(new ProbeRequest(backend), stop);
            bool built = bundles.All().Any(b => string.Equals(b.Manifest.Backend, name, StringComparison.Ordinal));
            return new Finding(backend.Title, Health.Ok, $"{profile.Version}, {profile.Compiler.Wrapper}, threads {profile.ThreadLevel}",
                built ? "" : $"mana bundle create {name} --backend {name}");
        }
        catch (UserErrorException e)
        {
            string mend = backend.Packages.TryGetValue("debian", out string? packages) ? "apt-get install " + packages : e.Error.ToDo;
            return new Finding(backend.Title, Health.Weak, e.Error.What, mend);
        }
    }

    private static Finding OfBundle(Bundle bundle) => bundle.Misfit() is { } misfit
        ? new Finding("bundle " + bundle.Name, Health.Bad, misfit.What, $"mana bundle create {bundle.Name} --backend {bundle.Manifest.Backend} --force")
        : new Finding("bundle " + bundle.Name, Health.Ok, $"{bundle.Manifest.Backend} {bundle.Manifest.Version}");
}
