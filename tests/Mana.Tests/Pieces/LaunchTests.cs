using Mana.Bundles.Backends;
using Mana.Bundles.Build;
using Mana.Bundles.Launch;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;
using Mana.Bundles.Store;
using Mana.Common.Errors;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

public sealed class LaunchTests
{
    private static Bundle BundleOf(string backend, string flavour, string name = "b")
    {
        Backend rules = BackendCatalog.Read(Path.Combine(Repository.Root, "backends", backend));
        LauncherRules launcher = rules.Launchers.Single(l => l.Flavour == flavour);
        return new Bundle(name, "/bundles/" + name, new BundleManifest
        {
            Backend = backend,
            Abi = rules.Abi,
            Version = "1",
            Standard = "4.0",
            ThreadLevel = "multiple",
            Mana = "0",
            Launcher = new LauncherChoice { Path = "/l/" + launcher.Names[0], Flavour = flavour },
            LauncherTarget = "/l/" + launcher.Names[0],
            Ranks = launcher.Ranks,
            Always = launcher.Always,
            Environment = launcher.Environment,
            RootEnvironment = launcher.RootEnvironment,
            CheckEnvironment = launcher.CheckEnvironment,
            Libraries = [],
            Files = [],
        });
    }

    [Theory]
    [InlineData("/old/x", "/new/x")]
    [InlineData("/old", "/new")]
    [InlineData("/older", "/older")]
    [InlineData("/deep/old/x", "/x")]
    [InlineData("/deep/old", "/")]
    [InlineData("relative", "relative")]
    public void Files_that_were_moved_are_found_by_the_first_folder_that_fits(string path, string now) =>
        Assert.Equal(now, PathMap.Require(["/old/=/new/", "/deep/old=/", "/old/x=/never"]).Apply(path));

    [Theory]
    [InlineData("/a")]
    [InlineData("a=/b")]
    [InlineData("/a=")]
    [InlineData("=/b")]
    public void A_map_that_is_none_is_a_usage_error(string assignment) =>
        Assert.Contains("not OLD=NEW", Assert.Throws<UserErrorException>(() => PathMap.Require([assignment])).Error.What, StringComparison.Ordinal);

    [Theory]
    [InlineData("mpich", "hydra", "/l/mpiexec.hydra -n 3 /bundles/b/lower/mana-lower -- ./a x")]
    [InlineData("mpich", "srun", "/l/srun --mpi=pmi2 -n 3 /bundles/b/lower/mana-lower -- ./a x")]
    [InlineData("openmpi", "orterun", "/l/mpirun.openmpi -n 3 /bundles/b/lower/mana-lower -- ./a x")]
    [InlineData("openmpi", "srun", "/l/srun --mpi=pmix -n 3 /bundles/b/lower/mana-lower -- ./a x")]
    [InlineData("craympi", "srun", "/l/srun --mpi=cray_shasta -n 3 /bundles/b/lower/mana-lower -- ./a x")]
    [InlineData("craympi", "pals", "/l/mpiexec -n 3 /bundles/b/lower/mana-lower -- ./a x")]
    [InlineData("craympi", "alps", "/l/aprun -n 3 /bundles/b/lower/mana-lower -- ./a x")]
    public void The_command_of_every_launcher_is_built_by_its_rules(string backend, string flavour, string command)
    {
        LaunchRequest request = new() { Program = "./a", Arguments = ["x"], Ranks = 3 };
        Assert.Equal(command, LaunchPlan.Make(BundleOf(backend, flavour), request, _ => null, root: false).ToString());
    }

    [Fact]
    public void A_rank_is_told_of_its_job_and_of_the_checkpoint_it_goes_on_from()
    {
        LaunchRequest request = new() { Program = "./a", Arguments = ["x"], Ranks = 3, JobFile = "/h/jobs/j.toml" };
        Assert.EndsWith("mana-lower --job=/h/jobs/j.toml -- ./a x", LaunchPlan.Make(BundleOf("mpich", "hydra"), request, _ => null, root: false).ToString(), StringComparison.Ordinal);
        LaunchPlan restart = LaunchPlan.Make(
            BundleOf("mpich", "hydra"), request with { Restart = new RestartFrom("/c/j/epoch-0002", 3, "/w") }, _ => null, root: false);
        Assert.EndsWith("-n 3 /bundles/b/lower/mana-lower --job=/h/jobs/j.toml --thread-level=3 --restart=/c/j/epoch-0002", restart.ToString(), StringComparison.Ordinal);
        Assert.Equal("/w", restart.WorkingDirectory);
        RestartFrom from = new("/c/j/epoch-0002", 3, "/w") { AnyOwner = true, KeepFiles = true, Moved = PathMap.Require(["/a b/=/c", "/d=/"]), Variables = ["X=1"] };
        restart = LaunchPlan.Make(BundleOf("mpich", "hydra"), request with { Restart = from, CheckpointSignal = 10 }, _ => null, root: false);
        Assert.Contains("--job=/h/jobs/j.toml --checkpoint-signal=10 --any-owner --keep-files", restart.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("--keep-files --map '/a b=/c' --map /d=/ --env X=1 --thread-level=3 --restart=/c/j/epoch-0002", restart.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MPI_is_told_that_root_may_run_it_unless_the_user_said_something_himself()
    {
        LaunchRequest request = new() { Program = "a" };
        LaunchPlan asRoot = LaunchPlan.Make(BundleOf("openmpi", "orterun"), request, _ => null, root: true);
        Assert.Equal("1", asRoot.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]);
        Assert.Empty(LaunchPlan.Make(BundleOf("openmpi", "orterun"), request, _ => null, root: false).Environment);
        Assert.Empty(LaunchPlan.Make(BundleOf("openmpi", "orterun"), request, _ => "0", root: true).Environment);
    }

    [Fact]
    public void A_check_of_a_bundle_may_have_more_ranks_than_cores_and_a_job_not()
    {
        LaunchRequest check = new() { Program = "a", Ranks = 2, IsCheck = true };
        Assert.Equal("1", LaunchPlan.Make(BundleOf("openmpi", "orterun"), check, _ => null, root: false).Environment["OMPI_MCA_rmaps_base_oversubscribe"]);
        Assert.Empty(LaunchPlan.Make(BundleOf("openmpi", "orterun"), check with { IsCheck = false }, _ => null, root: false).Environment);
    }

    [Fact]
    public void A_dry_run_can_be_pasted_into_a_shell()
    {
        LaunchRequest request = new() { Program = "./a b", Arguments = ["$HOME", "it's", ""], Syscalls = SyscallSteering.Dispatch, LauncherArguments = ["-host", "x,y"] };
        LaunchPlan plan = LaunchPlan.Make(BundleOf("mpich", "hydra"), request, _ => null, root: false);
        Assert.Equal([plan.Launcher, .. plan.Arguments], Shell.Split(plan.ToString()));
        Assert.Contains("-host x,y /bundles/b/lower/mana-lower --syscalls=dispatch -- './a b'", plan.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gcc -I/a -L/b -lmpi", "gcc|-I/a|-L/b|-lmpi")]
    [InlineData("cc '-I/a b' \"-DX=\\\"y z\\\"\" c\\ d ''", "cc|-I/a b|-DX=\"y z\"|c d|")]
    public void What_a_wrapper_prints_is_split_as_a_shell_would(string line, string words) => Assert.Equal(words.Split('|'), Shell.Split(line));

    [Theory]
    [InlineData("libmpi.so.12", "mpich")]
    [InlineData("libmpi_gnu_123.so.12", "mpich")]
    [InlineData("libmpifort_intel.so.12", "mpich")]
    [InlineData("libmpi_gtl_cuda.so.0", null)]
    [InlineData("libmpi.so.40", "openmpi")]
    [InlineData("libmpi.so.1", "unknown")]
    [InlineData("libm.so.6", null)]
    public void The_ABI_of_a_program_is_told_by_its_sonames(string soname, string? abi) => Assert.Equal(abi, Abi.Of(soname));

    [Theory]
    [InlineData("../x")]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a b")]
    public void A_bundle_name_cannot_leave_its_folder(string name) =>
        Assert.Equal(ExitCodes.Usage, Assert.Throws<UserErrorException>(() => BundleStore.RequireName(name)).Error.ExitCode);
}
