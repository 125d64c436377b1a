using Mana.Bundles.Profile;
using Mana.Common.Errors;
using Xunit;

namespace Mana.Tests.Pieces;

public sealed class ProfileTests
{
    private static readonly SiteProfile Sample = new()
    {
        Backend = "mpich",
        Version = "4.0.2",
        Standard = "4.0",
        Compiler = new CompilerChoice { Wrapper = "/usr/bin/mpicc", Command = "gcc", Host = "gcc", Cflags = ["-I/a b", "-DX=\"y\""], Ldflags = ["-lmpi"] },
        Libraries = new LibraryChoice { Use = LibraryUse.Copy, Mpi = ["/etc/hostname"], Network = [], Plugins = ["/p"] },
        Launcher = new LauncherChoice { Path = "/usr/bin/mpiexec", Flavour = "hydra", Arguments = ["-bind-to", "core"] },
        ThreadLevel = "multiple",
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["UCX_TLS"] = "sm,self" },
        Checkpoints = new CheckpointDefaults { Directory = "/scratch/c", Interval = "30m", Timeout = "45m", Keep = 3, Compress = "lz4" },
    };

    [Fact]
    public void What_the_probe_writes_is_read_back_the_same()
    {
        SiteProfile read = ProfileReader.Parse(ProfileWriter.Write(Sample), "site.toml");
        Assert.Equal(ProfileWriter.Write(Sample), ProfileWriter.Write(read));
        Assert.Equal(["-I/a b", "-DX=\"y\""], read.Compiler.Cflags);
        Assert.Equal(LibraryUse.Copy, read.Libraries.Use);
        Assert.Equal(Sample.Checkpoints, read.Checkpoints);
    }

    [Theory]
    [InlineData("use = \"copy\"", "use = \"copy\"\nusee = 1", "unknown key 'usee'")]
    [InlineData("use = \"copy\"", "use = \"copy\"\nuse = \"copy\"", "use")]
    [InlineData("use = \"copy\"", "use = 3", "needs a string")]
    [InlineData("use = \"copy\"", "use = \"both\"", "unknown value \"both\"")]
    [InlineData("flavour = \"hydra\"", "", "'flavour' is missing")]
    [InlineData("format = 1", "format = 7", "format 7")]
    [InlineData("/etc/hostname", "/etc/no-such-library", "not on this machine")]
    [InlineData("/usr/bin/mpiexec", "/usr/bin/mpiexek", "a launcher of the profile is not on this machine: /usr/bin/mpiexek")]
    [InlineData("standard = \"4.0\"", "standard = 4.0 4", "not valid TOML")]
    [InlineData("compress = \"lz4\"", "compress = \"gzip\"", "unknown value \"gzip\"")]
    [InlineData("keep = 3", "keeps = 3", "unknown key 'keeps'")]
    [InlineData("version = \"4.0.2\"", "versoin = \"4.0.2\"", "unknown key 'versoin' in the file, where 'version' is missing")]
    [InlineData("keep = 3", "keep = -5", "the key 'keep' cannot be \"-5\"")]
    [InlineData("interval = \"30m\"", "interval = \"zz\"", "the key 'interval' cannot be \"zz\"")]
    [InlineData("checkpoint_dir = \"/scratch/c\"", "checkpoint_dir = \"\"", "the key 'checkpoint_dir' cannot be \"\"")]
    public void A_mistake_in_a_profile_is_named_with_its_line(string right, string wrong, string message)
    {
        string text = ProfileWriter.Write(Sample).Replace(right, wrong, StringComparison.Ordinal);
        UserError error = Assert.Throws<UserErrorException>(() => ProfileReader.Parse(text, "site.toml")).Error;
        Assert.Contains(message, error.What, StringComparison.Ordinal);
        Assert.Matches(@"^site\.toml\(\d+,\d+\)", error.Where);
    }
}
