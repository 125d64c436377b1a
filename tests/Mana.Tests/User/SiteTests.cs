using System.Text.Json.Nodes;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>What a site gets wrong, and what the tool says to it.</summary>
[Collection(WithInstallation.Name)]
public sealed class SiteTests(Installation mana)
{
    private static Dictionary<string, string?> Set(string name, string? value) => new(StringComparer.Ordinal) { [name] = value };

    [Fact]
    public async Task No_MPI_on_this_machine()
    {
        Directory.CreateDirectory(mana["bare"]);
        foreach (string program in (string[])["gcc", "ldd", "nm", "dotnet", "timeout", "env", "sh"])
            if (!File.Exists(mana["bare/" + program])) File.CreateSymbolicLink(mana["bare/" + program], "/usr/bin/" + program);
        Installation.Refused(
            await mana.ManaAsync(Set("PATH", mana["bare"]), "bundle", "create", "none", "--backend", "mpich"), 125, "no MPICH was found", "mpicc.mpich", "apt-get install mpich");
    }

    [Fact]
    public async Task A_compiler_that_fails()
    {
        string broken = mana.Script("broken-mpicc", "#!/bin/sh\ncase $1 in -show) echo gcc -I/usr/include/x86_64-linux-gnu/mpich -L/nowhere -lno-such-mpi;; esac\n");
        Installation.Refused(await mana.ManaAsync("bundle", "create", "broken", "--backend", "mpich", "--mpicc", broken), 125, "cannot build a small program", "no-such-mpi");
    }

    [Fact]
    public async Task A_compiler_that_fails_during_the_build_is_quoted_word_by_word()
    {
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", "mpich", "--output", "flags.toml"));
        string text = await File.ReadAllTextAsync(mana["flags.toml"]);
        await File.WriteAllTextAsync(mana["flags.toml"], text.Replace("cflags = [", "cflags = [\"-DMPI_Send=1 +\", ", StringComparison.Ordinal));
        Outcome failed = await mana.ManaAsync("bundle", "build", "flags.toml");
        Installation.Refused(failed, 125, "error: ", "flags.toml");
        Assert.False(Directory.Exists(Path.Combine(mana.Home, "bundles", "flags")));
    }

    /// <summary>As gcc does where its catalogues are installed; and with warnings, as compilers have that we have never met.</summary>
    [Fact]
    public async Task A_compiler_that_speaks_the_users_language_and_warns()
    {
        string compiler = mana.Script("othercc", """
            #!/bin/bash
            test "$LC_ALL" = C && exec gcc "$@"
            gcc "$@" 2> >(sed 's/error:/Fehler:/; s/note:/Anmerkung:/; s/warning:/Warnung:/' >&2)
            """);
        string wrapper = mana.Script("othermpicc", $"#!/bin/sh\necho {compiler} -Wconversion -Wunused-parameter -I/usr/include/x86_64-linux-gnu/mpich -lmpich\n");
        Installation.Require(await mana.ManaAsync(Set("LC_ALL", null), "bundle", "probe", "--backend", "mpich", "--mpicc", wrapper, "--output", "other.toml"));
        Assert.Contains("host = \"gcc\"", await File.ReadAllTextAsync(mana["other.toml"]), StringComparison.Ordinal); // which takes gcc's options for certain
        Outcome build = await mana.ManaAsync(Set("LC_ALL", null), "bundle", "build", "other.toml");
        Assert.True(build.ExitCode == 0 && build.Errors.Contains("654 of 676 functions", StringComparison.Ordinal), build.ToString());
        Installation.Require(await mana.ManaAsync("bundle", "remove", "other"));
    }

    /// <summary>.NET ignores SIGPIPE and raises the limit of open files, for itself alone.</summary>
    [Fact]
    public async Task The_launcher_starts_with_the_signals_and_limits_of_the_users_shell()
    {
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", "mpich", "--output", "shell.toml"));
        string launcher = mana.Script("shell/mpiexec", "#!/bin/sh\ntest \"$1\" != --version || exec mpiexec.hydra --version\nulimit -Sn\ngrep SigIgn /proc/self/status\nkill -PIPE $$\n");
        string[] lines = await File.ReadAllLinesAsync(mana["shell.toml"]);
        await File.WriteAllLinesAsync(mana["shell.toml"], lines.Select(l => l.StartsWith("path = ", StringComparison.Ordinal) ? $"path = \"{launcher}\"" : l));
        Installation.Require(await mana.ManaAsync("bundle", "build", "shell.toml"));
        const string Limited = "ulimit -Sn 1000; \"$@\"; echo $?";
        Outcome run = await mana.RunAsync(["bash", "-c", Limited, "bash", mana.Tool, "launch", "--bundle", "shell", "--", "true"], TimeSpan.FromMinutes(1));
        Assert.Matches(@"\A1000\nSigIgn:\s*[0-9a-f]+\n141\n\z", run.Output);
        Installation.Require(await mana.ManaAsync("bundle", "remove", "shell"));
    }

    [Theory]
    [InlineData("mpich", "/usr/bin/mpirun.openmpi")]
    [InlineData("openmpi", "/usr/bin/mpiexec.hydra")]
    public async Task A_launcher_of_another_flavour(string backend, string launcher)
    {
        Installation.Refused(await mana.ManaAsync("bundle", "create", "foreign", "--backend", backend, "--launcher", launcher), 125, launcher, "not one of");
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", backend, "--output", "foreign.toml"));
        string[] lines = await File.ReadAllLinesAsync(mana["foreign.toml"]);
        await File.WriteAllLinesAsync(mana["foreign.toml"], lines.Select(l => l.StartsWith("path = ", StringComparison.Ordinal) ? $"path = \"{launcher}\"" : l));
        Installation.Refused(await mana.ManaAsync("bundle", "build", "foreign.toml"), 125, launcher, "foreign.toml");
        string broken = mana.Script("broken/mpiexec", "#!/no/such/interpreter\n");
        Installation.Refused(await mana.ManaAsync("bundle", "create", "foreign", "--backend", backend, "--launcher", broken), 125, broken, "cannot be executed");
    }

    [Fact]
    public async Task A_profile_with_an_unknown_key_is_refused_with_its_place()
    {
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", "mpich", "--output", "odd.toml"));
        await File.AppendAllTextAsync(mana["odd.toml"], "[extra]\nx = 1\n");
        int line = (await File.ReadAllLinesAsync(mana["odd.toml"])).Length - 1;
        Installation.Refused(await mana.ManaAsync("bundle", "build", "odd.toml"), 125, "unknown key 'extra'", $"odd.toml({line},1)");
    }

    [Fact]
    public async Task A_home_that_cannot_be_written() =>
        Installation.Refused(await mana.ManaAsync(Set("MANA_HOME", "/proc/mana"), "bundle", "create", "x", "--backend", "mpich"), 125, "/proc/mana", "MANA_HOME");

    [Fact]
    public async Task A_machine_without_the_SDK_is_told_what_to_do()
    {
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", "mpich", "--output", "nosdk.toml"));
        string runtime = mana["runtime"];
        Directory.CreateDirectory(runtime);
        string root = Path.GetDirectoryName(new FileInfo("/usr/bin/dotnet").ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? "/usr/share/dotnet/dotnet")!;
        Installation.Require(await mana.RunAsync(["cp", "-r", root + "/dotnet", root + "/host", root + "/shared", runtime], TimeSpan.FromMinutes(1)));
        Dictionary<string, string?> environment = new(StringComparer.Ordinal) { ["DOTNET_ROOT"] = runtime, ["DOTNET_ROOT_X64"] = null, ["DOTNET_HOST_PATH"] = null, ["PATH"] = $"{mana["sdkless"]}:{runtime}" };
        Directory.CreateDirectory(mana["sdkless"]);
        Directory.CreateDirectory(runtime + "/sdk/8.0.100"); // its MSBuild could not load our tasks
        foreach (string program in (string[])["gcc", "ldd", "nm", "timeout", "as", "ld", "mpiexec.hydra"])
            if (!File.Exists(mana["sdkless/" + program])) File.CreateSymbolicLink(mana["sdkless/" + program], "/usr/bin/" + program);
        Installation.Refused(await mana.ManaAsync(environment, "bundle", "build", "nosdk.toml"), 125, ".NET SDK", "mana bundle import");
    }

    [Fact]
    public async Task Without_HOME_that_of_the_users_entry_in_passwd_counts()
    {
        Dictionary<string, string?> none = new(StringComparer.Ordinal) { ["HOME"] = null, ["MANA_HOME"] = null, ["XDG_DATA_HOME"] = null };
        string home = Mono.Unix.Native.Syscall.getpwuid(Mono.Unix.Native.Syscall.geteuid()).pw_dir;
        Installation.Refused(await mana.ManaAsync(none, "bundle", "show", "no-such-bundle"), 125, $"looked in {home}/.local/share/mana/bundles");
    }

    [Fact]
    public async Task Where_data_are_kept_is_the_users_choice() =>
        Installation.Refused(
            await mana.ManaAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["MANA_HOME"] = null, ["XDG_DATA_HOME"] = mana["data"] }, "bundle", "show", "no-such-bundle"),
            125, $"looked in {mana["data"]}/mana/bundles");

    /// <summary>Its bundles are there, but a file stands where the folder of running jobs is to be.</summary>
    [Fact]
    public async Task A_job_whose_home_cannot_be_written_runs_without_checkpoints_and_says_so()
    {
        string home = Directory.CreateDirectory(mana["half-home"]).FullName;
        if (!Directory.Exists(home + "/bundles")) Directory.CreateSymbolicLink(home + "/bundles", Path.Combine(mana.Home, "bundles"));
        await File.WriteAllTextAsync(home + "/jobs", "");
        Outcome run = await mana.ManaAsync(Set("MANA_HOME", home), "launch", "-q", "-n", "2", "--", "./hello");
        Assert.True(run is { ExitCode: 0, Output: "sum 1 of 2\nsum 1 of 2\n" }, run.ToString());
        Assert.Contains("no checkpoint of this job can be taken", run.Errors, StringComparison.Ordinal);
        Assert.Contains("to do: set MANA_HOME", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kernel_without_FSGSBASE_is_told_of_with_v()
    {
        Outcome run = await mana.ManaAsync(Set("MANA_CROSSING", "arch_prctl"), "launch", "-v", "--", "./hello");
        Assert.True(run is { ExitCode: 0, Output: "sum 0 of 1\n" } && run.Errors.Contains("lacks FSGSBASE", StringComparison.Ordinal), run.ToString());
    }

    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public async Task A_program_that_finds_a_stub_without_mana_is_told_so(string abi)
    {
        string stubs = Path.Combine(mana.Home, "bundles", "mpich", "upper"); // those of both ABIs
        Outcome run = await mana.RunAsync([Path.Combine(stubs, "mana-verify-" + abi)], TimeSpan.FromMinutes(1), Set("LD_LIBRARY_PATH", stubs));
        Assert.True(run is { ExitCode: 125, Output: "" } && run.Errors.Contains("mana launch -- PROGRAM", StringComparison.Ordinal), run.ToString());
    }

    [Fact]
    public async Task Make_install_puts_the_tool_where_the_user_says()
    {
        // Packed it is already: -o leaves it as it is.
        Installation.Require(await mana.RunAsync(["make", "-C", Repository.Root, "-o", "pack", "install", "PREFIX=" + mana["prefix"]], TimeSpan.FromMinutes(3)));
        Outcome list = await mana.RunAsync([mana["prefix/bin/mana"], "bundle", "list"], TimeSpan.FromMinutes(1));
        Assert.True(list.ExitCode == 0 && list.Output.Contains("mpich", StringComparison.Ordinal), list.ToString());
    }

    [Theory]
    [InlineData("-q", false, false)]
    [InlineData("", true, false)]
    [InlineData("-v", true, true)]
    public async Task What_is_said_beside_data_and_errors_is_up_to_the_user(string option, bool informs, bool details)
    {
        string[] said = option.Length == 0 ? [] : [option];
        Outcome probe = await mana.ManaAsync(["bundle", "probe", .. said, "--backend", "mpich"]);
        Assert.True(probe.ExitCode == 0 && probe.Output.Contains("flavour = ", StringComparison.Ordinal) && probe.Errors.Contains("found MPICH", StringComparison.Ordinal) == informs, probe.ToString());
        Outcome launch = await mana.ManaAsync(["launch", .. said, "--", "echo", "done"]);
        Assert.True(launch is { ExitCode: 0, Output: "done\n" } && launch.Errors.Contains("on bundle mpich", StringComparison.Ordinal) == details, launch.ToString());
        Assert.Equal(details, launch.Errors.Length > 0);
        Installation.Refused(await mana.ManaAsync(["launch", .. said, "--", "./no-such-program"]), 127, "does not exist");
    }

    [Theory]
    [InlineData("launch", "--verbose=1", "--", "true")]
    [InlineData("doctor", "-v=2")]
    [InlineData("bundle", "list", "--quiet=yes")]
    public async Task A_flag_that_is_given_a_value_is_a_usage_error(params string[] words) => Installation.Refused(await mana.ManaAsync(words), 2);

    [Fact]
    public async Task A_working_directory_that_is_gone()
    {
        Outcome list = await mana.RunAsync(["sh", "-c", "mkdir gone; cd gone; rmdir ../gone; MANA_HOME=home exec \"$0\" bundle list", mana.Tool], TimeSpan.FromMinutes(1));
        Installation.Refused(list, 125, "could not be read or written");
    }

    [Theory]
    [InlineData("bundle", "create")]
    [InlineData("bundle", "probe")]
    [InlineData("bundle", "build")]
    [InlineData("bundle", "verify")]
    [InlineData("bundle", "list")]
    [InlineData("bundle", "show")]
    [InlineData("bundle", "export")]
    [InlineData("bundle", "import")]
    [InlineData("bundle", "remove")]
    [InlineData("launch")]
    [InlineData("checkpoint")]
    [InlineData("status")]
    [InlineData("restart")]
    [InlineData("images", "list")]
    [InlineData("images", "show")]
    [InlineData("images", "verify")]
    [InlineData("images", "prune")]
    [InlineData("bench")]
    [InlineData("doctor")]
    [InlineData("completion")]
    public async Task Help_opens_with_examples(params string[] words)
    {
        Outcome help = await mana.ManaAsync([.. words, "--help"]);
        Assert.StartsWith("Examples:\n  mana " + string.Join(' ', words), help.Output, StringComparison.Ordinal);
        Assert.Equal(0, help.ExitCode);
    }

    [Theory]
    [InlineData("--backend")]
    [InlineData("--bundle")]
    public async Task Bench_measures_native_and_mana_in_turn(string option)
    {
        Outcome bench = await mana.ManaAsync("bench", option, "mpich", "--json");
        Installation.Require(bench);
        JsonArray rows = JsonNode.Parse(bench.Output)!.AsArray();
        Assert.Contains("MPI_Comm_rank", rows.Select(r => (string)r!["what"]!));
        Assert.All(rows, r => Assert.True((double)r!["native"]! > 0 && (double)r["mana"]! > 0 && (double)r["ratio"]! > 0 && (string)r["unit"]! == "ns", r!.ToString()));
    }

    /// <summary>script(1) gives it a terminal: a table has a frame there, with NO_COLOR nothing that would colour it.</summary>
    [Fact]
    public async Task On_a_terminal_tables_have_frames_and_with_NO_COLOR_no_colour()
    {
        Dictionary<string, string?> environment = new(StringComparer.Ordinal) { ["NO_COLOR"] = "1", ["TERM"] = "xterm-256color" };
        Outcome list = await mana.RunAsync(["script", "-qec", $"stty cols 300; {mana.Tool} bundle list; stty cols 40; {mana.Tool} bundle list", "/dev/null"], TimeSpan.FromMinutes(1), environment);
        string[] lines = list.Output.Split('\n');
        Assert.True(list.ExitCode == 0 && lines.Any(l => l.Contains("│ mpich", StringComparison.Ordinal)), list.ToString());
        Assert.True(lines.Any(l => l.StartsWith("mpich ", StringComparison.Ordinal)), "too narrow for frames, and whole all the same:\n" + list);
        Assert.DoesNotMatch("\u001b\\[[0-9;]*m", list.Output);
    }
}
