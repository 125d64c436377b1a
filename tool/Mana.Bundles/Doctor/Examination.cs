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

/// <summary>One thing that was looked at. <paramref name="Mend"/> is a command, or empty.</summary>
public sealed record Finding(string What, Health State, string Detail, string Mend = "");

/// <summary>Looks at everything mana needs of a machine.</summary>
public sealed class Examination(ManaHome home, BackendCatalog backends, BundleStore bundles, Candidates candidates, bool root)
{
    private const int Hwcap2Fsgsbase = 1 << 1;

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken stop)
    {
        List<Finding> findings = [Processor(), Kernel(), Libc(), Fsgsbase(), Memory(), HomeFolder(), DotnetSdk(), await CompilerAsync(stop)];
        foreach (string name in backends.Names) findings.Add(await MpiAsync(name, stop));
        findings.AddRange(bundles.All().Select(OfBundle));
        findings.AddRange(bundles.Unreadable().Select(u => new Finding("bundle " + u.Name, Health.Bad, $"{u.Why.What} ({u.Why.Where})", u.Why.ToDo)));
        return findings;
    }

    private static Finding Processor() => RuntimeInformation.OSArchitecture == Architecture.X64
        ? new Finding("processor", Health.Ok, "x86-64")
        : new Finding("processor", Health.Bad, RuntimeInformation.OSArchitecture + ": mana runs on x86-64 only");

    private static Finding Kernel() => Environment.OSVersion.Version >= new Version(5, 11)
        ? new Finding("kernel", Health.Ok, Environment.OSVersion.Version.ToString(3))
        : new Finding("kernel", Health.Weak, Environment.OSVersion.Version.ToString(3) + ": --syscalls=dispatch needs Linux 5.11");

    /// <summary>From 2.41 on libc makes its cancellable system calls in a form that mana-lower does not know (docs/ARCHITECTURE.md, Systems).</summary>
    private static Finding Libc()
    {
        string version = Marshal.PtrToStringUTF8(gnu_get_libc_version()) ?? "";
        return Version.TryParse(version, out Version? number) && number >= new Version(2, 41)
            ? new Finding("glibc", Health.Bad, version + ": mana-lower does not know its system calls, and starts no program", "run mana where glibc is older than 2.41, 2.36 for instance")
            : new Finding("glibc", Health.Ok, version);
    }

    [DllImport("libc", EntryPoint = "gnu_get_libc_version")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern IntPtr gnu_get_libc_version();

    /// <summary>AT_HWCAP2 of this process's auxiliary vector (man 3 getauxval): bit 1 says that programs may write FS.</summary>
    private static Finding Fsgsbase()
    {
        byte[] vector = File.ReadAllBytes("/proc/self/auxv");
        for (int at = 0; at + 16 <= vector.Length; at += 16)
            if (BitConverter.ToUInt64(vector, at) == 26 && (BitConverter.ToUInt64(vector, at + 8) & Hwcap2Fsgsbase) != 0)
                return new Finding("FSGSBASE", Health.Ok, "offered");
        return new Finding("FSGSBASE", Health.Weak, "not offered by this kernel: where crossings have to swap FS (mana launch -v tells), one is two system calls", "use Linux 5.9 or newer without nofsgsbase");
    }

    /// <summary>The main stack of a rank is reserved at the size of its limit, which strict overcommit may refuse.</summary>
    private static Finding Memory()
    {
        string mode = ReadOr("/proc/sys/vm/overcommit_memory", "0");
        return mode is "2"
            ? new Finding("memory", Health.Weak, "strict overcommit: large reserved stacks may be refused", "sysctl vm.overcommit_memory=0")
            : new Finding("memory", Health.Ok, "overcommit mode " + mode);
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
            string mend = backend.Packages.TryGetValue("debian", out string? packages) ? "apt-get install " + packages : "";
            return new Finding(backend.Title, Health.Weak, e.Error.What, mend);
        }
    }

    private static Finding OfBundle(Bundle bundle) => bundle.Misfit() is { } misfit
        ? new Finding("bundle " + bundle.Name, Health.Bad, misfit.What, $"mana bundle create {bundle.Name} --backend {bundle.Manifest.Backend} --force")
        : new Finding("bundle " + bundle.Name, Health.Ok, $"{bundle.Manifest.Backend} {bundle.Manifest.Version}");

    private static string ReadOr(string file, string absent) => File.Exists(file) ? File.ReadAllText(file).Trim() : absent;
}
