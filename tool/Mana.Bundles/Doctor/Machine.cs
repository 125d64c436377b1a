using System.Runtime.InteropServices;

namespace Mana.Bundles.Doctor;

/// <summary>What mana needs of the machine that nobody can install: processor, kernel, libc.</summary>
internal static class Machine
{
    private const int Hwcap2Fsgsbase = 1 << 1, PrGetTidAddress = 40;

    public static IEnumerable<Finding> Findings() => [Processor(), Kernel(), Libc(), CheckpointRestore(), Fsgsbase(), Memory()];

    private static Finding Processor() => RuntimeInformation.OSArchitecture == Architecture.X64
        ? new Finding("processor", Health.Ok, "x86-64")
        : new Finding("processor", Health.Bad, RuntimeInformation.OSArchitecture + ": mana runs on x86-64 only", "use a machine with an x86-64 processor");

    private static Finding Kernel() => Environment.OSVersion.Version >= new Version(5, 11)
        ? new Finding("kernel", Health.Ok, Environment.OSVersion.Version.ToString(3))
        : new Finding("kernel", Health.Weak, Environment.OSVersion.Version.ToString(3) + ": --syscalls=dispatch needs Linux 5.11", "use Linux 5.11 or newer, or leave --syscalls as it is");

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

    /// <summary>The kernel's answer to PR_GET_TID_ADDRESS (man 2 prctl), without which no rank can be saved (upper/park.c).</summary>
    private static Finding CheckpointRestore() => prctl(PrGetTidAddress, out _, 0, 0, 0) == 0
        ? new Finding("checkpoints", Health.Ok, "the kernel has CONFIG_CHECKPOINT_RESTORE")
        : new Finding("checkpoints", Health.Weak, "the kernel lacks CONFIG_CHECKPOINT_RESTORE: jobs run, every checkpoint is refused", "use a kernel with CONFIG_CHECKPOINT_RESTORE");

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int prctl(int option, out IntPtr address, nuint none, nuint noneEither, nuint norThis);

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

    private static string ReadOr(string file, string absent) => File.Exists(file) ? File.ReadAllText(file).Trim() : absent;
}
