using Mana.Bundles.Backends;
using Mana.Bundles.Build;
using Mana.Bundles.Launch;
using Mana.Bundles.Profile;
using Mana.Bundles.Store;
using Mana.Common.Errors;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

/// <summary>The bundle that is meant; of a restart that names none, one that fits, whatever became of the one on which the job ran.</summary>
public sealed class BundleChoiceTests : IDisposable
{
    private readonly Folder _home = new();
    private readonly List<string> _said = [];

    public void Dispose() => _home.Dispose();

    [Fact]
    public void The_bundle_on_which_the_job_ran_is_taken_without_a_word()
    {
        Make("first", "mpich");
        Make("ran", "openmpi");
        Assert.Equal("ran", Choose("ran", "openmpi").Name);
        Assert.Empty(_said);
    }

    [Fact]
    public void Where_its_library_was_replaced_another_of_its_backend_is_taken_and_both_are_named()
    {
        Make("a", "mpich");
        Replace(Make("ran", "openmpi"));
        Make("same", "openmpi");
        Assert.Equal("same", Choose("ran", "openmpi").Name);
        string said = Assert.Single(_said);
        Assert.Contains("'ran' no longer fits this machine: libx.so was replaced", said, StringComparison.Ordinal);
        Assert.Contains("the bundle same (openmpi 1)", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_it_is_gone_and_its_backend_too_one_of_the_programs_own_ABI_is_taken()
    {
        Make("a", "openmpi");
        Make("z", "mpich");
        Assert.Equal("z", Choose("ran", "craympi").Name);
        Assert.Contains("'ran', on which the job ran, is not here", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_none_fits_it_is_told_of_each_why()
    {
        Replace(Make("ran", "mpich"));
        File.Delete(Path.Combine(Make("broken", "openmpi"), "lower", "mana-lower"));
        UserError error = Assert.Throws<UserErrorException>(() => Choose("ran", "mpich")).Error;
        string[] reasons = error.Where!.Split('\n');
        Assert.Equal(2, reasons.Length);
        Assert.Contains("'ran' no longer fits", reasons[0], StringComparison.Ordinal);
        Assert.Contains("mana-lower is missing", reasons[1], StringComparison.Ordinal);
        Assert.Contains("mana bundle create ran --backend mpich --force", error.ToDo, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backend_that_nobody_knows_is_a_mistake_on_the_command_line()
    {
        Make("a", "mpich");
        UserError error = Refused("mpihc");
        Assert.Equal(ExitCodes.Usage, error.ExitCode);
        Assert.Contains("craympi, mpich, openmpi", error.ToDo, StringComparison.Ordinal);
        Assert.Contains("no bundle is of the backend 'openmpi'", Refused("openmpi").What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backend_that_only_a_bundle_knows_is_none()
    {
        Make("a", "mpich");
        Make("carried", "elsewhere");
        Assert.Equal("carried", Choice.Choose([new BundleWish(Backend: "elsewhere")], null).Name);
    }

    [Fact]
    public void A_backend_can_be_named_by_its_folder()
    {
        Make("a", "mpich");
        Assert.Equal("a", Choice.Choose([new BundleWish(Backend: Path.Combine(Repository.Root, "backends", "mpich"))], null).Name);
    }

    [Fact]
    public void A_bundle_of_another_release_is_called_so()
    {
        File.WriteAllText(Path.Combine(Make("site", "mpich"), BundleManifest.FileName), "format = 1\nbackend = \"mpich\"\n");
        Assert.Contains("site: this bundle is of another release of mana: its format is 1", Refused("mpich").Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_bundle_that_cannot_be_read_it_is_told_and_how_to_replace_it()
    {
        File.WriteAllText(Path.Combine(Make("site", "mpich"), BundleManifest.FileName), $"format = {BundleManifest.CurrentFormat}\nback");
        foreach (UserError error in (UserError[])[Refused("mpich"), Refused(null)])
        {
            Assert.Contains("can be read", error.What, StringComparison.Ordinal);
            Assert.Contains("site: the manifest of a bundle is damaged", error.Where, StringComparison.Ordinal);
            Assert.Contains("mana bundle create site --backend B --force", error.ToDo, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_of_another_size_and_a_program_that_is_not_executable_are_damage()
    {
        string folder = Make("site", "mpich"), lower = Path.Combine(folder, "lower", "mana-lower");
        Bundle bundle = Bundle.Open(folder);
        bundle = bundle with { Manifest = bundle.Manifest with { Files = [new FileRecord("lower/mana-lower", 0, "")] } };
        Assert.Contains("'site' is damaged: lower/mana-lower is not executable", bundle.Misfit()!.What, StringComparison.Ordinal);
        File.SetUnixFileMode(lower, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Null(bundle.Misfit());
        File.WriteAllText(lower, "x");
        Assert.Contains("lower/mana-lower had 0 bytes and has 1", bundle.Misfit()!.What, StringComparison.Ordinal);
    }

    private BundleChoice Choice => new(new BundleStore(new ManaHome(_home.Path, _home["config"], _home["tool"])), new BackendCatalog([Path.Combine(Repository.Root, "backends")]));

    private Bundle Choose(string recorded, string backend) => Choice.ChooseFitting(recorded, backend, "mpich", _said.Add);

    private UserError Refused(string? backend) => Assert.Throws<UserErrorException>(() => Choice.Choose([new BundleWish(Backend: backend)], null)).Error;

    /// <summary>A bundle of which only what is looked at is there.</summary>
    private string Make(string name, string backend)
    {
        string folder = Path.Combine(_home["bundles"], name), lower = Directory.CreateDirectory(Path.Combine(folder, "lower")).FullName;
        foreach (string file in (string[])["mana-lower", "libmana_proxy.so", "libx.so", "launcher"]) File.WriteAllText(Path.Combine(lower, file), "");
        string launcher = Path.Combine(lower, "launcher");
        BundleManifest manifest = new()
        {
            Backend = backend,
            Abi = backend,
            Version = "1",
            Standard = "4.0",
            ThreadLevel = "multiple",
            Mana = "0",
            Launcher = new LauncherChoice { Path = launcher, Flavour = "hydra" },
            LauncherTarget = launcher,
            Ranks = [],
            Always = [],
            Libraries = [new LibraryRecord("libx.so", "lower/libx.so", 0, "")],
            Files = [],
        };
        File.WriteAllText(Path.Combine(folder, BundleManifest.FileName), ManifestText.Write(manifest));
        return folder;
    }

    private static void Replace(string bundle) => File.WriteAllText(Path.Combine(bundle, "lower", "libx.so"), "another build");
}
