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

    [Fact]
    public async Task A_link_that_leads_nowhere()
    {
        if (!Path.Exists(mana["astray"])) File.CreateSymbolicLink(mana["astray"], "no-such-program");
        Installation.Refused(await LaunchAsync("./astray"), 127, "link to a file that does not exist: no-such-program");
    }

    [Theory]
    [InlineData("mana lunch", "mana has no command 'lunch'", "Did you mean launch?")]
    [InlineData("mana images list --jsn", "no option '--jsn'", "Did you mean --json?")]
    [InlineData("mana restart --bakend mpich", "no option '--bakend'", "Did you mean --backend?")]
    [InlineData("mana bundle", "a command is missing", "create, probe, build")]
    [InlineData("mana bundle list mpich", "'mpich' is one word too many", "mana bundle list --help")]
    [InlineData("mana launch -n x -- true", "-n x: this is no whole number", "mana launch --help")]
    [InlineData("mana launch --syscalls magic -- true", "--syscalls magic: this is none of patch, dispatch", "mana launch --help")]
    [InlineData("mana checkpoint --timeout", "--timeout: its value is missing", "mana checkpoint --help")]
    [InlineData("mana bundle create", "NAME is missing", "mana bundle create --help")]
    [InlineData("mana launch --checkpoint-dir= -- true", "--checkpoint-dir: its value is missing", "mana launch --help")]
    [InlineData("mana launch --backend mpihc -- true", "no backend named 'mpihc'", "craympi, mpich, openmpi")]
    public async Task A_mistake_on_the_command_line_is_told_in_one_block(string line, string what, string toDo)
    {
        Outcome outcome = await mana.ManaAsync(line.Split(' ')[1..]);
        Installation.Refused(outcome, 2, what, toDo);
        Assert.True(outcome.Output.Length == 0 && outcome.Errors.Split('\n') is [_, _, ""], outcome.ToString());
    }

    [Theory]
    [InlineData("launch", "--checkpoint-dir", "", "--", "true")]
    [InlineData("restart", "--checkpoint-dir", "")]
    [InlineData("bundle", "build", "")]
    [InlineData("bundle", "build", "x.toml", "--output", "")]
    [InlineData("bundle", "create", "x", "--profile", "")]
    [InlineData("bundle", "probe", "--output", "")]
    [InlineData("bundle", "export", "mpich", "")]
    [InlineData("images", "list", "")]
    [InlineData("images", "prune", "")]
    public async Task A_path_is_not_empty(params string[] words) => Installation.Refused(await mana.ManaAsync(words), 2, "the value is empty");

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
