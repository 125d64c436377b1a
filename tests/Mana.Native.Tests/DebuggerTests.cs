using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>native/lower/mana.gdb, in a gdb that starts a split program and stops as it ends.</summary>
[Collection(Runtime.Collection)]
public sealed class DebuggerTests(Runtime runtime)
{
    private static readonly string s_script = Path.Combine(Repository.Root, "native", "lower", "mana.gdb");

    [Theory]
    [InlineData("plain")]
    [InlineData("a $(touch made) 'path")]
    public async Task The_programs_symbols_are_found_whatever_its_path(string folder)
    {
        string program = $"{folder}/rawcalls";
        await runtime.CompileAsync(program, "rawcalls.c");
        Outcome gdb = await GdbAsync(program, "mana-symbols", "print inline_call", "bt", "mana-where");
        Assert.Matches(@"0x310000[0-9a-f]+ <inline_call>", gdb.Output);
        Assert.Contains("code: upper half, thread-local block: upper", gdb.Output, StringComparison.Ordinal);
        Assert.True(gdb.Output.Contains("__libc_start_main", StringComparison.Ordinal) && !File.Exists(runtime["made"]), gdb.ToString());
    }

    [Fact]
    public async Task A_process_that_is_not_split_is_named_so()
    {
        Outcome gdb = await runtime.RunAsync(["gdb", "-nx", "-batch", "-x", s_script, "-ex", "mana-symbols"]);
        Assert.True((gdb.Output + gdb.Errors).Contains("This process is not split", StringComparison.Ordinal), gdb.ToString());
    }

    private Task<Outcome> GdbAsync(string program, params string[] commands) => runtime.RunAsync(
    [
        "gdb", "-nx", "-batch", "-ex", "catch syscall exit_group", "-ex", "run", "-x", s_script,
        .. commands.SelectMany(c => (string[])["-ex", c]), "--args", runtime.Lower, "--", runtime[program], "patch",
    ]);
}
