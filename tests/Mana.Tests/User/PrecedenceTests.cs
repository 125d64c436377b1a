using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>Flag, environment, user configuration, site profile, default: the first that says something counts.</summary>
[Collection(WithInstallation.Name)]
public sealed class PrecedenceTests(Installation mana) : IDisposable
{
    private static readonly string[] Nothing = [];

    private string Settings => Path.Combine(Directory.CreateDirectory(Path.Combine(mana.Home, "..", "config", "mana")).FullName, "config.toml");

    public void Dispose() => File.Delete(Settings);

    [Fact]
    public async Task Of_the_bundle()
    {
        await File.WriteAllTextAsync(Settings, "bundle = \"from-settings\"\n");
        Installation.Refused(await mana.ManaAsync("launch", "--", "./hello"), 125, "'from-settings'");
        Installation.Refused(await mana.ManaAsync(Set("MANA_BACKEND", "from-environment"), "launch", "--", "./hello"), 2, "'from-environment'");
        Installation.Require(await mana.ManaAsync(Set("MANA_BACKEND", "from-environment"), "launch", "--backend", "mpich", "--dry-run", "--", "./hello"));
    }

    /// <summary>What `launch -v` says of each, as one source after the other is added, the weakest first.</summary>
    [Fact]
    public async Task Of_where_when_and_how_checkpoints_are_taken()
    {
        Dictionary<string, string?> environment = new(StringComparer.Ordinal);
        const string user = "checkpoint_dir = \"by-user\"\ninterval = \"12m\"\ntimeout = \"22m\"\nkeep = 4\ncompress = \"none\"\n";
        await AssertAsync("mpich", "mana-checkpoints", "none by the clock, each within 5 min, 2 kept, compression none");
        await MakeSiteAsync("checkpoint_dir = \"by-site\"\ninterval = \"11m\"\ntimeout = \"21m\"\nkeep = 3\ncompress = \"lz4\"\n");
        await AssertAsync("site", "by-site", "one every 11 min, each within 21 min, 3 kept, compression lz4");
        await File.WriteAllTextAsync(Settings, user);
        await AssertAsync("site", "by-user", "one every 12 min, each within 22 min, 4 kept, compression none");
        await File.WriteAllTextAsync(Settings, "checkpoint_dir = \"by-user\"\ninterval = \"none\"\n");
        await AssertAsync("site", "by-user", "none by the clock, each within 21 min, 3 kept, compression lz4");
        await File.WriteAllTextAsync(Settings, user);
        environment = new(StringComparer.Ordinal) { ["MANA_CHECKPOINT_DIR"] = "by-environment", ["MANA_INTERVAL"] = "13m", ["MANA_TIMEOUT"] = "23m" };
        await AssertAsync("site", "by-environment", "one every 13 min, each within 23 min, 4 kept, compression none");
        await AssertAsync("site", "by-environment", "none by the clock, each within 23 min, 4 kept, compression none", "--interval", "none");
        await AssertAsync(
            "site", "by-flag", "one every 14 min, each within 24 min, 5 kept, compression zstd",
            "--checkpoint-dir", "by-flag", "--interval", "14m", "--timeout", "24m", "--keep", "5", "--compress", "zstd");
        Installation.Require(await mana.ManaAsync("bundle", "remove", "site"));

        async Task AssertAsync(string bundle, string folder, string rest, params string[] flags)
        {
            Outcome outcome = await mana.ManaAsync(environment, ["launch", "-v", "--bundle", bundle, "--job", "j", .. flags, "--", "true"]);
            Installation.Require(outcome);
            Assert.Contains($"checkpoints go to {mana[folder]}/j, {rest}\n", outcome.Errors, StringComparison.Ordinal);
        }
    }

    /// <summary>Words for the launcher: the user's, then those of this job, so that the later ones win.</summary>
    [Fact]
    public async Task Of_what_the_launcher_is_told()
    {
        await File.WriteAllTextAsync(Settings, "launcher_args = [\"-by\", \"user\"]\n");
        Outcome run = await mana.ManaAsync("launch", "--bundle", "mpich", "--launcher-arg=-by", "--launcher-arg=flag", "--dry-run", "--", "./hello");
        Installation.Require(run);
        Assert.Contains(" -by user -by flag ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_is_told_by_who_made_it()
    {
        Installation.Refused(await mana.ManaAsync("launch", "--interval", "soon", "--", "true"), 2, "--interval soon");
        Installation.Refused(await mana.ManaAsync("launch", "--timeout", "50d", "--", "true"), 2, "--timeout 50d");
        Installation.Refused(await mana.ManaAsync(Set("MANA_INTERVAL", "later"), "launch", "--", "true"), 2, "MANA_INTERVAL later");
        await File.WriteAllTextAsync(Settings, "interval = \"never\"\n");
        Installation.Refused(await mana.ManaAsync("launch", "--", "true"), 125, "\"never\"", "config.toml(1,");
        await File.WriteAllTextAsync(Settings, "compress = \"gzip\"\n");
        Installation.Refused(await mana.ManaAsync("launch", "--", "true"), 125, "\"gzip\"", "config.toml(1,");
    }

    /// <summary>Commands that read checkpoints look where `launch` puts them.</summary>
    [Fact]
    public async Task Of_where_checkpoints_are_looked_for()
    {
        await AssertAsync(Nothing, "mana-checkpoints");
        await File.WriteAllTextAsync(Settings, "checkpoint_dir = \"by-user\"\n");
        await AssertAsync(Nothing, "by-user");
        await AssertAsync(["MANA_CHECKPOINT_DIR"], "by-environment");
        Installation.Refused(await mana.ManaAsync("restart", "--checkpoint-dir", "by-flag"), 125, "looked in " + mana["by-flag"]);

        async Task AssertAsync(string[] variables, string folder)
        {
            Dictionary<string, string?> environment = variables.ToDictionary(v => v, _ => (string?)"by-environment", StringComparer.Ordinal);
            Outcome list = await mana.ManaAsync(environment, "images", "list");
            Assert.True(list is { ExitCode: 0, Output: "" } && list.Errors.Contains("no checkpoint in " + folder, StringComparison.Ordinal), list.ToString());
            Installation.Refused(await mana.ManaAsync(environment, "restart"), 125, "looked in " + mana[folder]);
            Installation.Refused(await mana.ManaAsync(environment, "images", "verify"), 125, "looked in " + mana[folder]);
        }
    }

    private async Task MakeSiteAsync(string checkpoints)
    {
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", "mpich", "--output", "site.toml"));
        await File.AppendAllTextAsync(mana["site.toml"], checkpoints); // its last table is that of checkpoints
        Installation.Require(await mana.ManaAsync("bundle", "build", "site.toml"));
    }

    private static Dictionary<string, string?> Set(string name, string value) => new(StringComparer.Ordinal) { [name] = value };
}
