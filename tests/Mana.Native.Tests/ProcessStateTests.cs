using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>What the kernel keeps for a process, saved by one process and restored by another; see states*.c.</summary>
[Collection(Runtime.Collection)]
public sealed class ProcessStateTests(Runtime runtime)
{
    [Fact]
    public async Task Descriptors_signals_and_timers_go_on_in_a_fresh_process()
    {
        string folder = NewFolder("states-kept");
        Outcome saved = await runtime.RunAsync([runtime["states"], "save", folder]);
        Assert.True(saved is { ExitCode: 0, Output: "done\n" }, saved.ToString());
        Outcome restored = await runtime.RunAsync([runtime["states"], "restore", folder]);
        Assert.True(restored is { ExitCode: 0, Output: "done\n" }, restored.ToString());
    }

    [Fact]
    public async Task What_cannot_be_saved_or_was_replaced_is_named()
    {
        Outcome refused = await runtime.RunAsync([runtime["states_refused"], NewFolder("states-refused")]);
        Assert.True(refused is { ExitCode: 0, Output: "done\n" }, refused.ToString());
    }

    [Fact]
    public async Task Input_that_was_not_read_yet_is_read_after_the_restart()
    {
        Outcome input = await runtime.RunAsync([runtime["states_input"], NewFolder("states-input")]);
        Assert.True(input is { ExitCode: 0, Output: "done\n" }, input.ToString());
    }

    private string NewFolder(string name) => Directory.CreateDirectory(runtime[name]).FullName;
}
