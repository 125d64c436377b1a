using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>A program without MPI does and says in the upper half what it does and says natively.</summary>
[Collection(Runtime.Collection)]
public sealed class SameAsNativeTests(Runtime runtime)
{
    internal static IReadOnlyList<string> Programs { get; } =
        ["identity", "memory", "signals", "threads", "children", "descriptors", "stack", "clocks"];

    public static TheoryData<string, string> ProgramsAndOptions()
    {
        TheoryData<string, string> data = [];
        foreach (string option in (string[])["--syscalls=patch", "--syscalls=dispatch", "--crossing=arch_prctl"])
            foreach (string program in (string[])[.. Programs, "identity-nopie", "memory-nopie"])
                data.Add(program, option);
        return data;
    }

    [Theory]
    [MemberData(nameof(ProgramsAndOptions))]
    public async Task A_program_behaves_as_natively(string program, string option)
    {
        string[] words = [runtime[program], "one", "", "with blank"];
        Same(await runtime.RunAsync(words), await runtime.SplitAsync(words, [option]));
    }

    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--syscalls=dispatch")]
    public async Task A_cancelled_thread_runs_its_destructors(string option) =>
        Same(await runtime.RunAsync([runtime["cancelling"]]), await runtime.SplitAsync([runtime["cancelling"]], [option]));

    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--syscalls=dispatch")]
    public async Task An_unlimited_stack_is_deep(string option)
    {
        string[] words = ["sh", "-c", $"ulimit -s unlimited && exec {runtime["stack"]}"];
        Outcome native = await runtime.RunAsync(words);
        Outcome split = await runtime.RunAsync(["sh", "-c", $"ulimit -s unlimited && exec {runtime.Lower} {option} -- {runtime["stack"]}"]);
        Same(native, split);
        Assert.Contains("unlimited: deep enough", split.Output, StringComparison.Ordinal);
    }

    /// <summary>It is raised for the lower half, which the program and its children may not see.</summary>
    [Fact]
    public async Task The_limit_of_open_files_is_the_users_own()
    {
        Outcome native = await runtime.RunAsync(["sh", "-c", $"ulimit -Sn 1020 && exec {runtime["descriptors"]}"]);
        Outcome split = await runtime.RunAsync(["sh", "-c", $"ulimit -Sn 1020 && exec {runtime.Lower} -- {runtime["descriptors"]}"]);
        Same(native, split);
        Assert.Contains("limit 1020 of", split.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_small_address_space_still_holds_a_program()
    {
        Outcome split = await runtime.RunAsync(
            ["sh", "-c", $"ulimit -s unlimited && ulimit -v 8000000 && exec {runtime.Lower} -- /bin/echo here"]);
        Assert.Equal((0, "here\n"), (split.ExitCode, split.Output));
    }

    [Theory]
    [InlineData("python3 -c 'import threading, subprocess; t = threading.Thread(target=lambda: print(5)); t.start(); t.join(); "
        + "print(subprocess.check_output([\"uname\", \"-s\"]))'")]
    [InlineData("for i in 1 2 3; do echo $i | sed s/1/x/ | tr x y; done; trap 'echo term' TERM; kill -TERM $$; (exit 3); echo $?")]
    [InlineData("ldd /bin/ls | sed 's/ (.*//' | grep -v vdso")]
    [InlineData("echo 'int main(void) { return 0; }' | gcc -x c - -o /dev/null && echo compiled")]
    public async Task Scripts_and_their_children_do_as_natively(string script)
    {
        string[] words = ["bash", "-c", script];
        Same(await runtime.RunAsync(words), await runtime.SplitAsync(words));
    }

    private static void Same(Outcome native, Outcome split)
    {
        bool same = split.ExitCode == native.ExitCode && split.Output == native.Output;
        Assert.True(same, $"natively: {native}\nsplit: {split}");
        Assert.DoesNotContain("not so", split.Output, StringComparison.Ordinal);
        Assert.NotEmpty(split.Output);
    }
}
