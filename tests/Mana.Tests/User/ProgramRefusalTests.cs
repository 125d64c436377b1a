using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>What cannot run is refused before any rank starts, in one block, by the exit codes that scripts test.</summary>
[Collection(WithInstallation.Name)]
public sealed class ProgramRefusalTests(Installation mana)
{
    private Task<Outcome> LaunchAsync(string program) => mana.ManaAsync("launch", "-n", "2", "--", program);

    private async Task<string> BuildAsync(string name, params string[] command)
    {
        if (!File.Exists(mana["empty.c"])) await File.WriteAllTextAsync(mana["empty.c"], "int main(void) { return 0; }\n");
        Installation.Require(await mana.RunAsync([.. command, "-o", name], TimeSpan.FromMinutes(1)));
        return "./" + name;
    }

    [Theory]
    [InlineData("./no-such-program", 127, "does not exist")]
    [InlineData("no-such-program", 127, "not on PATH")]
    [InlineData("/tmp", 126, "folder")]
    [InlineData("/etc/passwd", 126, "not executable")]
    public async Task A_program_that_is_not_there_or_no_program(string program, int exitCode, string word) =>
        Installation.Refused(await LaunchAsync(program), exitCode, word);

    [Fact]
    public async Task A_static_program() => Installation.Refused(await LaunchAsync(await BuildAsync("static", "gcc", "-static", "empty.c")), 126, "statically");

    [Fact]
    public async Task A_32_bit_program()
    {
        // Needs no 32-bit libraries: an object file's header made into a program's is all that is looked at.
        Installation.Require(await mana.RunAsync(["gcc", "-m32", "-c", "-x", "c", "/dev/null", "-o", "narrow"], TimeSpan.FromMinutes(1)));
        File.SetUnixFileMode(mana["narrow"], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        Installation.Refused(await LaunchAsync("./narrow"), 126, "32-bit");
    }

    [Fact]
    public async Task A_program_linked_with_two_MPIs()
    {
        string program = await BuildAsync("both", "gcc", "-Wl,--no-as-needed", "empty.c", "-l:libmpich.so.12", "-l:libmpi.so.40");
        Installation.Refused(await LaunchAsync(program), 126, "two MPIs", "libmpich.so.12", "libmpi.so.40");
    }

    [Fact]
    public async Task A_program_that_gets_its_second_MPI_through_a_library()
    {
        await File.WriteAllTextAsync(mana["lib.c"], "int lib(void) { return 0; }\n");
        Installation.Require(await mana.RunAsync(
            ["gcc", "-shared", "-fPIC", "-Wl,--no-as-needed", "lib.c", "-l:libmpi.so.40", "-o", "libhidden.so"], TimeSpan.FromMinutes(1)));
        string program = await BuildAsync("through", "gcc", "-Wl,--no-as-needed", "empty.c", "./libhidden.so", "-l:libmpich.so.12");
        Installation.Refused(await LaunchAsync(program), 126, "two MPIs");
    }

    [Fact]
    public async Task A_script_without_its_interpreter()
    {
        mana.Script("orphan", "#!/no/such/interpreter\n");
        Installation.Refused(await LaunchAsync("./orphan"), 126, "/no/such/interpreter");
    }

    [Fact]
    public async Task A_file_of_no_known_kind()
    {
        mana.Script("text", "hello\n");
        Installation.Refused(await LaunchAsync("./text"), 126, "neither a program nor a script");
    }

    [Theory]
    [InlineData("launch", "-n", "0", "--", "true")]
    [InlineData("launch", "--nonsense", "--", "true")]
    [InlineData("launch", "--syscalls", "magic", "--", "true")]
    [InlineData("launch", "--bundle", "a", "--backend", "b", "--", "true")]
    [InlineData("bundel", "list")]
    [InlineData("launch")]
    [InlineData("bundle", "create", "x", "--backend", "no-such-mpi")]
    [InlineData("bundle", "create", "../x", "--backend", "mpich")]
    public async Task A_mistake_on_the_command_line_exits_with_2(params string[] words)
    {
        Outcome outcome = await mana.ManaAsync(words);
        Assert.True(outcome.ExitCode == 2 && outcome.Errors.Length > 0, outcome.ToString());
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }
}
