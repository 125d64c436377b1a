using System.Text;
using System.Text.RegularExpressions;
using Mana.Api;
using Mana.Testing;

namespace Mana.Tests.User;

/// <summary>
/// A folder laid out like a Cray machine, made from Debian's MPICH: native and ABI sonames, a cc that answers --cray-print-opts, stand-ins for PMI, PALS
/// and GTL, an mpi.h and libraries of MPI 3.1. What it cannot stand in for: Cray PMI, CXI, XPMEM and symbols private to the vendor.
/// </summary>
internal sealed partial class CrayStandIn(Installation mana)
{
    public const string Version = "8.1.29";
    private const string Mpich = "/usr/lib/x86_64-linux-gnu/libmpich.so.12";

    /// <summary>What came with MPI-4, which Cray MPICH 8 does not have.</summary>
    private static readonly HashSet<string> Recent =
        [.. ApiDescription.Load(Path.Combine(Repository.Root, "native", "api")).Functions.Where(f => f.Since?[0] == '4').Select(f => f.Symbol)];

    private string Product => mana[$"opt/cray/pe/mpich/{Version}"];

    public string Folder => Product + "/ofi/gnu/12.3";

    public string Craype => mana["opt/cray/pe/craype/2.7.31"];

    private string Gtl => Product + "/gtl/lib";

    /// <summary>What `module load PrgEnv-gnu cray-mpich` sets.</summary>
    public Dictionary<string, string?> Module(string launchers) => new(StringComparer.Ordinal)
    {
        ["CRAY_MPICH_DIR"] = Folder,
        ["CRAY_MPICH_VERSION"] = Version,
        ["CRAYPE_DIR"] = Craype,
        ["PATH"] = $"{Craype}/bin:{launchers}:{Environment.GetEnvironmentVariable("PATH")}",
    };

    public async Task MakeAsync()
    {
        foreach (string name in (string[])["libpals.so.0", "libpmi2.so.0", "libpmi.so.0"]) await StubAsync(mana["opt/cray/pe/lib64"], name);
        await StubAsync(Gtl, "libmpi_gtl_cuda.so.0");
        await LibraryAsync(Folder + "/lib", "libmpi_gnu_123.so.12");
        await LibraryAsync(Folder + "/lib-abi-mpich", "libmpi.so.12");
        await HeaderAsync();
        string include = Folder + "/include";
        string Libs(string folder, string name) =>
            $"-L{Folder}/{folder} -Wl,-rpath,{Folder}/{folder} -l:{name} -L{Gtl} -Wl,-rpath,{Gtl} -Wl,--no-as-needed -l:libmpi_gtl_cuda.so.0 -Wl,--as-needed";
        mana.Script(Relative(Craype) + "/bin/cc", $"""
            #!/bin/sh
            if [ "$CRAY_ABI" = 1 ]; then libs="{Libs("lib-abi-mpich", "libmpi.so.12")}"; else libs="{Libs("lib", "libmpi_gnu_123.so.12")}"; fi
            case $1 in
              --cray-print-opts=cflags) echo "-I{include}";;
              --cray-print-opts=libs) echo "$libs";;
              -show) echo "cc: unknown option -show" >&2; exit 1;;
              *) exec gcc -I{include} "$@" $libs;;
            esac

            """);
        mana.Script(Relative(Folder) + "/bin/mpicc", $"#!/bin/sh\n[ \"$1\" = -show ] && echo gcc -I{include} {Libs("lib", "libmpi_gnu_123.so.12")} && exit\nexec gcc \"$@\"\n");
        mana.Script("slurm/srun", "#!/bin/sh\n[ \"$1\" = --version ] && echo slurm 23.02.7 && exit\n[ \"$1\" = --mpi=cray_shasta ] || exit 9\nshift\nexec /usr/bin/mpiexec.hydra \"$@\"\n");
        mana.Script("pals/mpiexec", "#!/bin/sh\n[ \"$1\" = --version ] && echo 'mpiexec version 1.2.12 (PALS)' && exit\nexec /usr/bin/mpiexec.hydra \"$@\"\n");
        mana.Script("alps/aprun", "#!/bin/sh\n[ \"$1\" = --version ] && echo 'aprun (ALPS) 6.6.67' && exit\n[ \"$1\" = -n ] || exit 9\nexec /usr/bin/mpiexec.hydra \"$@\"\n");
    }

    private string Relative(string path) => Path.GetRelativePath(mana.Work, path);

    private async Task StubAsync(string folder, string soname)
    {
        Directory.CreateDirectory(folder);
        await RunAsync("gcc", "-shared", "-fPIC", "-x", "c", "/dev/null", "-Wl,-soname," + soname, "-o", Path.Combine(folder, soname));
    }

    private async Task LibraryAsync(string folder, string soname)
    {
        string file = Path.Combine(Directory.CreateDirectory(folder).FullName, soname);
        await File.WriteAllBytesAsync(file, WithoutRecent(await File.ReadAllBytesAsync(Mpich)));
        // One change a run: several at once leave a file that ld does not read (patchelf 0.14).
        string[][] changes = [["--set-soname", soname], ["--set-rpath", mana["opt/cray/pe/lib64"]], ["--add-needed", "libpals.so.0"], ["--add-needed", "libpmi2.so.0"]];
        foreach (string[] change in changes) await RunAsync(["patchelf", .. change, file]);
    }

    /// <summary>The table of names has other ones for them, which nobody finds by their hash.</summary>
    private static byte[] WithoutRecent(byte[] library)
    {
        foreach (string symbol in Recent)
        {
            byte[] name = [.. Encoding.ASCII.GetBytes(symbol), 0];
            for (int at = 0, next; (next = library.AsSpan(at).IndexOf(name)) >= 0; at += next + name.Length)
                if (library[at + next - 1] is 0 or (byte)'P') library[at + next] = (byte)'Q';
        }
        return library;
    }

    /// <summary>MPICH's header less everything that came with MPI-4.</summary>
    private async Task HeaderAsync()
    {
        string include = Directory.CreateDirectory(Folder + "/include").FullName;
        foreach (string file in Directory.EnumerateFiles("/usr/include/x86_64-linux-gnu/mpich", "*.h"))
        {
            string text = await File.ReadAllTextAsync(file);
            text = Prototype().Replace(text, m => Recent.Contains(m.Groups["name"].Value) ? "" : m.Value);
            text = text.Replace("#define MPI_VERSION    4", "#define MPI_VERSION    3", StringComparison.Ordinal).Replace("#define MPI_SUBVERSION 0", "#define MPI_SUBVERSION 1", StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(include, Path.GetFileName(file)), text);
        }
    }

    private async Task RunAsync(params string[] words) => Installation.Require(await mana.RunAsync(words, TimeSpan.FromMinutes(1)));

    [GeneratedRegex(@"^int P?(?<name>MPI_\w+)\([^;]*;", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10000)]
    private static partial Regex Prototype();
}
