using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>What cannot be run is said in one block, with the exit code a shell would give.</summary>
[Collection(Runtime.Collection)]
public sealed class RefusalTests(Runtime runtime)
{
    [Theory]
    [InlineData(127, "'no-such-program' not found on PATH", "no-such-program")]
    [InlineData(127, "'./no-such-program' not found", "./no-such-program")]
    [InlineData(126, "cannot execute './not-executable': Permission denied", "./not-executable")]
    [InlineData(126, "cannot execute '/tmp': Is a directory", "/tmp")]
    [InlineData(126, "'./static': it is linked statically", "./static")]
    [InlineData(126, "'./other-machine': it is of 32 bits or for another processor", "./other-machine")]
    [InlineData(127, "'/no/such/interpreter' not found: it is the interpreter of './bad-script'", "./bad-script")]
    [InlineData(126, "'./empty': not a program", "./empty")]
    public async Task A_program_that_cannot_run_is_named(int code, string says, string program)
    {
        await PrepareAsync();
        AssertBlock(await runtime.SplitAsync([program]), code, says);
    }

    [Fact]
    public async Task A_program_of_two_MPIs_is_refused()
    {
        foreach (string soname in new[] { "libmpich.so.12", "libmpi.so.40" })
            await runtime.CompileAsync($"two/{soname}", "which_library.c", "-shared", "-fPIC", "-DWHICH=1", $"-Wl,-soname,{soname}");
        await runtime.CompileAsync("two-mpis", "which.c", "-Wl,--no-as-needed", runtime["two/libmpich.so.12"], runtime["two/libmpi.so.40"]);
        AssertBlock(await runtime.SplitAsync(["./two-mpis"]), 126, "linked to two MPIs, libmpich.so.12 and libmpi.so.40");
    }

    /// <summary>With the real library in the stub's place each rank would run alone, and call that a result.</summary>
    [Theory]
    [InlineData("libmpi_abi.so.1")]
    [InlineData("libmpi.so.20")]
    public async Task An_MPI_that_has_no_stub_is_not_loaded(string soname)
    {
        await runtime.CompileAsync($"unknown/{soname}", "which_library.c", "-shared", "-fPIC", "-DWHICH=1", "-Wl,-soname," + soname);
        await runtime.CompileAsync("of-unknown", "which.c", runtime["unknown/" + soname], $"-Wl,-rpath,{runtime["unknown"]}");
        AssertBlock(await runtime.SplitAsync(["./of-unknown"]), 126, $"linked with {soname}, an MPI ABI that mana does not know");

        await runtime.CompileAsync(
            "unknown/libthrough.so", "which_library.c", "-shared", "-fPIC", "-DWHICH=2", "-Wl,--no-as-needed", runtime["unknown/" + soname], $"-Wl,-rpath,{runtime["unknown"]}");
        await runtime.CompileAsync("through-unknown", "which.c", runtime["unknown/libthrough.so"], $"-Wl,-rpath,{runtime["unknown"]}");
        Outcome split = await runtime.SplitAsync(["./through-unknown"]);
        Assert.Equal(127, split.ExitCode);
        Assert.Contains($"{soname}: cannot open shared object file", split.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--upper=/no/such/folder", "cannot read the folder of the stub libraries /no/such/folder")]
    [InlineData("--syscalls=guess", "neither patch nor dispatch")]
    [InlineData("--verbose=loud", "not 0 to 9")]
    [InlineData("--unknown", "unknown option --unknown")]
    public async Task A_wrong_option_is_named(string option, string says) =>
        AssertBlock(await runtime.SplitAsync(["/bin/true"], [option]), 125, says);

    [Fact]
    public async Task A_proxy_that_is_missing_is_named()
    {
        Outcome split = await runtime.SplitAsync([runtime["crossing"]], ["--proxy=/no/such/proxy.so"]);
        Assert.Contains("cannot load the proxy: /no/such/proxy.so", split.Errors, StringComparison.Ordinal);
        Assert.Equal(99, split.ExitCode);
    }

    [Fact]
    public async Task A_rank_says_which_it_is()
    {
        Dictionary<string, string?> environment = new(StringComparer.Ordinal) { ["PMI_RANK"] = "3" };
        Outcome split = await runtime.SplitAsync(["./no-such-program"], environment: environment);
        Assert.StartsWith("mana: rank 3: program", split.Errors, StringComparison.Ordinal);
    }

    private async Task PrepareAsync()
    {
        await File.WriteAllTextAsync(runtime["not-executable"], "");
        foreach ((string name, byte[] bytes) in new (string, byte[])[]
        {
            ("empty", []),
            ("bad-script", "#!/no/such/interpreter\n"u8.ToArray()),
            ("other-machine", OfMachine(await File.ReadAllBytesAsync(runtime["identity"]), machine: 183)), // AArch64
        })
        {
            await File.WriteAllBytesAsync(runtime[name], bytes);
            File.SetUnixFileMode(runtime[name], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        }
    }

    private static byte[] OfMachine(byte[] elf, byte machine)
    {
        elf[18] = machine; // e_machine, man 5 elf
        return elf;
    }

    private static void AssertBlock(Outcome split, int code, string says)
    {
        Assert.True(split.ExitCode == code && split.Errors.StartsWith("mana: ", StringComparison.Ordinal), split.ToString());
        Assert.Contains(says, split.Errors, StringComparison.Ordinal);
        Assert.Contains("\n  next: ", split.Errors, StringComparison.Ordinal);
        Assert.Equal(2, split.Errors.TrimEnd('\n').Split('\n').Length);
        Assert.Empty(split.Output);
    }
}
