using Mana.Testing;
using Xunit;

namespace Mana.Stories;

/// <summary>How people really start programs: wrapper scripts, interpreters, limits, input.</summary>
[Collection(InTheHouse.Name)]
public sealed class LaunchStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static TheoryData<string, string> Pairs() => new() { { "mpich", "mpich" }, { "mpich", "openmpi" }, { "openmpi", "mpich" }, { "openmpi", "openmpi" } };

    [Theory]
    [MemberData(nameof(Pairs))]
    public Task A_shell_that_execs_the_program(string builtFor, string bundle) =>
        SameAsNativeAsync(builtFor, bundle, program => ["sh", "-c", $"exec {program}"]);

    [Theory]
    [MemberData(nameof(Pairs))]
    public Task A_shell_that_runs_the_program_and_goes_on(string builtFor, string bundle) =>
        SameAsNativeAsync(builtFor, bundle, program => ["sh", "-c", $"true; {program}; exit $?"]);

    [Theory]
    [MemberData(nameof(Pairs))]
    public Task An_unlimited_stack_as_Fortran_users_set_it(string builtFor, string bundle) =>
        SameAsNativeAsync(builtFor, bundle, program => ["sh", "-c", $"ulimit -s unlimited; exec {program}"]);

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task A_script_with_its_interpreter_in_the_first_line(string builtFor, string bundle)
    {
        using Folder folder = new();
        string script = folder["job.sh"];
        await SameAsNativeAsync(builtFor, bundle, program =>
        {
            File.WriteAllText(script, $"#!/bin/bash\nset -e\nexport JOB_STEP=2\nexec {program} \"$@\"\n");
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return [script];
        });
    }

    /// <summary>exec tries the folders one after the other; what fails in the first must not cost the launcher's descriptor.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public Task A_program_that_is_found_along_PATH(string builtFor, string bundle) =>
        SameAsNativeAsync(builtFor, bundle, program => ["env", $"PATH=/nowhere:{Path.GetDirectoryName(program)}", Path.GetFileName(program)]);

    /// <summary>Also the colon that launchers part programs at, and bytes that are no UTF-8, in a variable as well.</summary>
    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task Words_reach_the_program_as_they_are(string bundle)
    {
        using Folder folder = new();
        const string shown = "printf '<%s>' \"$ODD\" \"$@\" | od -An -v -tx1 | tr -d '\\n'", given = "ODD=$(printf 'caf\\351%%41') exec \"$@\" \"$(printf '\\377')\"";
        string[] words = [":", "a:b", "%3A", "", "two  words", "line\nbreak", "é"];
        Outcome native = await house.Tool.RunAsync(["sh", "-c", given, "sh", "sh", "-c", shown, "sh", .. words], folder.Path, Limit);
        Outcome mana = await house.Tool.RunAsync(
            ["sh", "-c", given, "sh", .. house.Tool.Launch(Mpi.Named(bundle), 1, ["sh", "-c", shown, "sh", .. words])], folder.Path, Limit);
        Assert.Contains("ff", native.Output, StringComparison.Ordinal);
        Assert.True(mana.ExitCode == 0 && mana.Output == native.Output, $"{mana}\n--- natively\n{native.Output}");
    }

    [Fact]
    public async Task A_program_that_executes_itself_by_proc()
    {
        Outcome mana = await house.UnderManaAsync(Mpi.OpenMpi, 1, Limit, "bash", "-c", "exec /proc/self/exe -c 'echo $BASH_VERSINFO'");
        Outcome native = await house.NativeAsync(Mpi.OpenMpi, 1, Limit, "bash", "-c", "echo $BASH_VERSINFO");
        Assert.True(mana.ExitCode == 0 && mana.Output == native.Output, mana.ToString());
    }

    [Fact]
    public async Task A_program_without_MPI_simply_runs()
    {
        Outcome mana = await house.UnderManaAsync(Mpi.OpenMpi, 2, Limit, "/bin/echo", "hello  world", "*");
        Assert.True(mana is { ExitCode: 0, Output: "hello  world *\nhello  world *\n" }, mana.ToString());
    }

    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task Standard_input_reaches_the_first_rank(string bundle)
    {
        using Folder folder = new();
        Outcome mana = await house.Tool.RunAsync(house.Tool.Launch(Mpi.Named(bundle), 1, ["/bin/cat"]), folder.Path, Limit, input: "one\ntwo\n");
        Assert.True(mana is { ExitCode: 0, Output: "one\ntwo\n" }, mana.ToString());
    }

    private async Task SameAsNativeAsync(string builtFor, string bundle, Func<string, string[]> words)
    {
        Mpi site = Mpi.Named(bundle);
        Outcome native = await house.NativeAsync(site, 2, Limit, House.Program("stencil", site));
        Outcome mana = await house.UnderManaAsync(site, 2, Limit, words(House.Program("stencil", Mpi.Named(builtFor))));
        Assert.True(mana.Output == native.Output && mana.ExitCode == native.ExitCode, $"{mana}\n--- natively\n{native.Output}");
    }
}
