using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>What only a split process has: its arena, its stubs, what launchers hand to it, programs that start programs.</summary>
[Collection(Runtime.Collection)]
public sealed class SplitTests(Runtime runtime)
{
    [Theory]
    [InlineData("patch")]
    [InlineData("dispatch")]
    public async Task System_calls_past_libc_are_steered(string mode)
    {
        Outcome split = await runtime.SplitAsync([runtime["rawcalls"], mode], [$"--syscalls={mode}"]);
        Assert.Equal("done\n", split.Output);
    }

    /// <summary>Its mappings lie in the arena only if it runs split.</summary>
    [Theory]
    [InlineData("sh", "-c", "exec ./rawcalls patch")]
    [InlineData("sh", "-c", "./rawcalls patch; true")]
    [InlineData("env", "A=b", "./rawcalls", "patch")]
    [InlineData("./wrapper", "patch")]
    [InlineData("./without-first-line", "patch")]
    [InlineData("python3", "-c", "import subprocess; subprocess.run(['./rawcalls', 'patch'], close_fds=True)")]
    public async Task A_wrappers_program_runs_split_too(params string[] words)
    {
        await WriteScriptAsync("wrapper", "#!/bin/sh -e\nexec ./rawcalls \"$@\"\n");
        await WriteScriptAsync("without-first-line", "./rawcalls \"$@\"\n");
        Outcome split = await runtime.SplitAsync(words);
        Assert.True(split is { ExitCode: 0, Output: "done\n" }, split.ToString());
    }

    /// <summary>Its interpreter's name, or its program headers, then lie at the end of the file.</summary>
    [Theory]
    [InlineData("interpreter")]
    [InlineData("headers")]
    public async Task A_program_that_was_changed_after_linking_runs_split(string moved)
    {
        string program = runtime[$"moved-{moved}"];
        File.Copy(runtime["rawcalls"], program, overwrite: true);
        if (moved == "headers") MovedHeaders.Write(program);
        else Assert.Equal(0, (await runtime.RunAsync(["patchelf", "--set-rpath", string.Concat(Enumerable.Repeat("/a/longer/path", 200)), program])).ExitCode);
        foreach (string[] words in (string[][])[[program, "patch"], ["sh", "-c", $"{program} patch; true"]])
        {
            Outcome split = await runtime.SplitAsync(words);
            Assert.True(split is { ExitCode: 0, Output: "done\n" }, split.ToString());
        }
    }

    [Fact]
    public async Task A_static_helper_of_a_wrapper_runs_natively()
    {
        Outcome split = await runtime.SplitAsync(["sh", "-c", "./static; echo $?"]);
        Assert.EndsWith("\n7\n", split.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Preloaded_libraries_reach_the_program_and_its_children()
    {
        await runtime.CompileAsync("preload.so", "which_library.c", "-shared", "-fPIC", "-DWHICH=3");
        Dictionary<string, string?> environment = new(StringComparer.Ordinal) { ["LD_PRELOAD"] = runtime["preload.so"] };
        const string script = "echo $LD_PRELOAD; grep -c preload.so /proc/$$/maps; grep -c preload.so /proc/self/maps";
        Outcome split = await runtime.SplitAsync(["sh", "-c", script], environment: environment);
        string[] lines = split.Output.Split('\n');
        Assert.True(lines.Length == 4 && lines[0] == runtime["preload.so"] && lines[1] != "0" && lines[1] == lines[2], split.ToString());
    }

    [Fact]
    public async Task A_stub_takes_the_place_of_a_library_wherever_that_was_found()
    {
        Directory.CreateDirectory(runtime["real"]);
        string[] flags = ["-shared", "-fPIC", "-Wl,-soname,libmpi.so.40"];
        await runtime.CompileAsync("real/libmpi.so.40.30.4", "which_library.c", [.. flags, "-DWHICH=2"]);
        await runtime.CompileAsync("stubs/libmpi.so.40", "which_library.c", [.. flags, "-DWHICH=1"]);
        File.Copy(Path.Combine(runtime.Upper, "mana-resident.so"), runtime["stubs/mana-resident.so"], overwrite: true);
        File.CreateSymbolicLink(runtime["real/libmpi.so.40"], "libmpi.so.40.30.4");
        File.CreateSymbolicLink(runtime["real/libmpi.so"], "libmpi.so.40");
        await runtime.CompileAsync("which", "which.c", runtime["real/libmpi.so.40"], $"-Wl,-rpath,{runtime["real"]}");
        string[] words = [runtime["which"], "libmpi.so.40", runtime["real/libmpi.so"], runtime["real/libmpi.so.40"]];
        Outcome native = await runtime.RunAsync(words), split = await runtime.SplitAsync(words, [$"--upper={runtime["stubs"]}"]);
        Assert.Equal("linked: 2\nopened: 2\nopened: 2\nopened: 2\n", native.Output);
        Assert.Equal("linked: 1\nopened: 1\nopened: 1\nopened: 1\n", split.Output);
    }

    [Fact]
    public async Task A_launchers_connection_moves_out_of_the_way_and_its_leaks_are_closed()
    {
        await WriteScriptAsync("rank", "#!/bin/sh\necho $PMI_FD; test -e /proc/$$/fd/$PMI_FD && echo open\n"
            + "test -e /proc/$$/fd/9 || echo closed; exec 8</dev/null; exec ./rank-again\n");
        await WriteScriptAsync("rank-again", "#!/bin/sh\ntest -e /proc/$$/fd/$PMI_FD && echo still open; test -e /proc/$$/fd/8 && echo 8 is ours\n");
        Outcome split = await runtime.RunAsync(["bash", "-c", $"exec 7</dev/null 9</dev/null; PMI_FD=7 exec {runtime.Lower} -- ./rank"]);
        string[] lines = split.Output.Split('\n');
        Assert.True(int.Parse(lines[0]) >= 512 && lines.Skip(1).SequenceEqual(["open", "closed", "still open", "8 is ours", ""]), split.ToString());
    }

    [Fact]
    public async Task Descriptors_that_a_person_passes_arrive()
    {
        Outcome split = await runtime.RunAsync(["bash", "-c", $"exec 7< <(echo through); exec {runtime.Lower} -- sh -c 'cat <&7'"]);
        Assert.Equal("through\n", split.Output);
    }

    /// <summary>Threads with a lower FS each, handlers of both halves, descriptors, callbacks, children; see crossing.c.</summary>
    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--syscalls=dispatch")]
    [InlineData("--crossing=fs")]
    [InlineData("--crossing=arch_prctl")]
    [InlineData("--syscalls=patch", "in-a-forked-child")]
    public Task Crossings_hold_under_threads_and_signals(string option, string argument = "") => CrossesAsync("libfake.so", option, argument);

    /// <summary>A library whose accesses through FS cannot all be found has crossings swap FS; see fake_proxy.c.</summary>
    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--syscalls=dispatch")]
    public async Task Crossings_swap_FS_where_some_code_cannot_be_read(string option)
    {
        Outcome split = await CrossesAsync("libunreadable.so", $"{option} --verbose=1");
        Assert.Matches("crossings swap FS: .*libunreadable.so has code that cannot be read with certainty", split.Errors);
    }

    private async Task<Outcome> CrossesAsync(string proxy, string options, string argument = "")
    {
        Dictionary<string, string?> environment = new(StringComparer.Ordinal) { ["EXPECT_NOFILE"] = "1020" };
        string command = $"ulimit -Sn 1020 && exec {runtime.Lower} {options} --proxy={runtime[proxy]} -- {runtime["crossing"]} {argument}";
        Outcome split = await runtime.RunAsync(["sh", "-c", command], environment);
        Assert.True(split is { ExitCode: 0, Output: "done\n" }, split.ToString());
        return split;
    }

    /// <summary>It interrupts no wait for good; see parking.c.</summary>
    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--syscalls=dispatch")]
    [InlineData("--crossing=arch_prctl")]
    public async Task A_program_does_not_notice_that_it_is_parked(string option)
    {
        Outcome split = await RunsToItsEndAsync("parking", option);
        Assert.Contains("signal 62, which mana keeps to itself", split.Errors, StringComparison.Ordinal);
    }

    /// <summary>Process and thread numbers, their paths below /proc, CPU time used, clocks and timers; see restarted.c.</summary>
    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--syscalls=dispatch")]
    [InlineData("--crossing=arch_prctl")]
    public Task After_a_restart_numbers_and_clocks_are_those_that_the_program_knew(string option) => RunsToItsEndAsync("restarted", option);

    /// <summary>The kernel ends them early for the park signal, and says how far they came; see transfers.c.</summary>
    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--syscalls=dispatch")]
    [InlineData("--crossing=arch_prctl")]
    public Task A_write_is_whole_though_its_thread_was_to_park(string option) => RunsToItsEndAsync("transfers", option);

    /// <summary>Which the kernel has, and the program keeps; see mutex_owners.c.</summary>
    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--syscalls=dispatch")]
    public Task A_mutex_of_priority_inheritance_knows_its_owner_after_a_restart(string option) => RunsToItsEndAsync("mutex_owners", option);

    /// <summary>Only where all it holds is of the image, with all that waits for it, or with a reason why not; see parked.c.</summary>
    [Theory]
    [InlineData("--syscalls=patch")]
    [InlineData("--crossing=arch_prctl")]
    public Task A_thread_parks_where_it_can_go_on_in_another_process(string option) => RunsToItsEndAsync("parked", option);

    private async Task<Outcome> RunsToItsEndAsync(string program, string option)
    {
        Outcome split = await runtime.SplitAsync([runtime[program]], [option, $"--proxy={runtime["libfake.so"]}"]);
        Assert.True(split is { ExitCode: 0, Output: "done\n" }, split.ToString());
        return split;
    }

    private async Task WriteScriptAsync(string name, string text)
    {
        await File.WriteAllTextAsync(runtime[name], text);
        File.SetUnixFileMode(runtime[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
