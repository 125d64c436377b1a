using System.Text.RegularExpressions;
using CliWrap.Buffered;
using Xunit;

namespace Mana.Api.Tests.Support;

/// <summary>An MPI of this machine, reached through its compiler wrappers.</summary>
internal sealed record Installation(Abi Abi)
{
    public string Wrapper => Abi == Abi.Mpich ? "mpicc.mpich" : "mpicc.openmpi";

    public string FortranWrapper => Abi == Abi.Mpich ? "mpifort.mpich" : "mpifort.openmpi";

    /// <summary>Open MPI hides the MPI-1 functions it still exports, and keeps its extensions in a header of their own.</summary>
    private string[] Flags => Abi == Abi.Mpich ? [] : ["-DOMPI_OMIT_MPI1_COMPAT_DECLS=0", "-DOMPI_REMOVED_USE_STATIC_ASSERT=0"];

    private string Includes => Abi == Abi.Mpich ? "#include <mpi.h>" : "#include <mpi.h>\n#include <mpi-ext.h>";

    /// <summary>Lines after the includes that the compiler refuses, counted from 0.</summary>
    public async Task<IReadOnlyDictionary<int, string>> RefusedLines(IEnumerable<string> lines)
    {
        using TemporaryFolder folder = new();
        folder.Write("lines.c", $"{Includes}\n#line 1\n" + string.Join('\n', lines) + "\n");
        BufferedCommandResult result = await Commands.Run(
            Wrapper, ["-std=gnu11", "-w", "-fmax-errors=0", "-fsyntax-only", .. Flags, "lines.c"], folder.Path);
        Dictionary<int, string> refused = [];
        foreach (Match m in Regex.Matches(result.StandardError, @"^lines\.c:(?<line>\d+):\d+: error: (?<why>.*)$", RegexOptions.Multiline))
            refused.TryAdd(int.Parse(m.Groups["line"].Value) - 1, m.Groups["why"].Value);
        Assert.True(result.ExitCode == 0 || refused.Count > 0, $"{Wrapper} failed: {result.StandardError}");
        return refused;
    }

    /// <summary>Compiles and runs a program whose main consists of these statements; gives the lines it prints.</summary>
    public async Task<string[]> Print(string declarations, IEnumerable<string> statements)
    {
        using TemporaryFolder folder = new();
        folder.Write("probe.c",
            $"#define _GNU_SOURCE\n{Includes}\n{declarations}\nint main(void) {{\n{string.Join('\n', statements)}\nreturn 0; }}\n");
        await Compile(Wrapper, ["-std=gnu11", "-w", .. Flags, "probe.c", "-o", "probe", "-ldl"], folder);
        return await Execute(folder);
    }

    /// <summary>The same in Fortran: names of mpif.h it knows, with their values.</summary>
    public async Task<IReadOnlyDictionary<string, long>> PrintFortran(IReadOnlyList<string> names)
    {
        using TemporaryFolder folder = new();
        string[] known = await KnownFortran(names, folder);
        folder.Write("probe.f", Program(known.Select(n => $"      print *,'{n}',{n}")));
        await Compile(FortranWrapper, ["-w", "-ffixed-line-length-none", "probe.f", "-o", "probe"], folder);
        return (await Execute(folder)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(w => w[0], w => long.Parse(w[1]), StringComparer.Ordinal);
    }

    /// <summary>Libraries the loader gives a program of this MPI: file name to path.</summary>
    public async Task<string> LibraryFolder()
    {
        using TemporaryFolder folder = new();
        folder.Write("empty.c", $"{Includes}\nint main(void) {{ return MPI_Init(0, 0); }}\n");
        await Compile(Wrapper, [.. Flags, "empty.c", "-o", "empty"], folder);
        BufferedCommandResult ldd = await Commands.Run("ldd", ["empty"], folder.Path);
        Match m = Regex.Match(ldd.StandardOutput, @"libmpi(ch)?\.so\.\d+ => (?<path>\S+)", RegexOptions.ExplicitCapture);
        Assert.True(m.Success, ldd.StandardOutput);
        return Path.GetDirectoryName(m.Groups["path"].Value)!;
    }

    private async Task<string[]> KnownFortran(IReadOnlyList<string> names, TemporaryFolder folder)
    {
        folder.Write("names.f", Program(names.Select(n => $"      print *,{n}")));
        BufferedCommandResult result = await Commands.Run(
            FortranWrapper, ["-w", "-fmax-errors=0", "-fsyntax-only", "-ffixed-line-length-none", "names.f"], folder.Path);
        HashSet<int> refused = [.. Regex.Matches(result.StandardError, @"^names\.f:(?<line>\d+):", RegexOptions.Multiline)
            .Select(m => int.Parse(m.Groups["line"].Value) - 4)];
        return [.. names.Where((_, i) => !refused.Contains(i))];
    }

    private static string Program(IEnumerable<string> lines) =>
        "      program p\n      implicit none\n      include 'mpif.h'\n" + string.Join('\n', lines) + "\n      end\n";

    private static async Task Compile(string compiler, string[] arguments, TemporaryFolder folder)
    {
        BufferedCommandResult result = await Commands.Run(compiler, arguments, folder.Path);
        Assert.True(result.ExitCode == 0, $"{compiler} failed: {result.StandardError}");
    }

    private static async Task<string[]> Execute(TemporaryFolder folder)
    {
        BufferedCommandResult result = await Commands.Run(Path.Combine(folder.Path, "probe"), [], folder.Path);
        Assert.True(result.ExitCode == 0, $"the probe failed: {result.StandardError}");
        return result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

/// <summary>A test that needs an MPI of one ABI on this machine; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MpiFactAttribute : FactAttribute
{
    public MpiFactAttribute(Abi abi, bool fortran = false)
    {
        Installation mpi = new(abi);
        string wrapper = fortran ? mpi.FortranWrapper : mpi.Wrapper;
        if (Commands.Find(wrapper) is null) Skip = $"{wrapper} is not installed";
    }
}
