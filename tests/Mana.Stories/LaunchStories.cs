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
