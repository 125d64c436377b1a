using System.Diagnostics;
using System.Text.Json;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>A bundle's life: made, shown, proven, moved, carried elsewhere, refused when it no longer fits.</summary>
[Collection(WithInstallation.Name)]
public sealed class BundleTests(Installation mana)
{
    private string Folder(string name) => Path.Combine(mana.Home, "bundles", name);

    private async Task<string> ProfileAsync(string file, string backend, Func<string, string> edit)
    {
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", backend, "--output", file));
        await File.WriteAllTextAsync(mana[file], edit(await File.ReadAllTextAsync(mana[file])));
        return file;
    }

    private async Task HelloRunsAsync(string bundle)
    {
        Outcome run = await mana.ManaAsync("launch", "--bundle", bundle, "-n", "2", "--", "./hello");
        Assert.True(run is { ExitCode: 0, Output: "sum 1 of 2\nsum 1 of 2\n" }, run.ToString());
    }

    [Fact]
    public async Task A_bundle_is_listed_shown_and_verified()
    {
        Outcome list = await mana.ManaAsync("bundle", "list", "--json"), show = await mana.ManaAsync("bundle", "show", "mpich", "--json");
        JsonElement listed = JsonDocument.Parse(list.Output).RootElement.EnumerateArray().Single(b => b.GetProperty("name").GetString() == "mpich");
        Assert.Equal("yes", listed.GetProperty("fits").GetString());
        Assert.Contains(JsonDocument.Parse(show.Output).RootElement.GetProperty("libraries").EnumerateArray(), l => l.GetProperty("build_id").GetString()!.Length == 40);
        Outcome verify = await mana.ManaAsync("bundle", "verify", "mpich", "--json");
        Installation.Require(verify);
        string[] checks = [.. JsonDocument.Parse(verify.Output).RootElement.EnumerateArray().Select(c => $"{c.GetProperty("check")} {c.GetProperty("abi")}")];
        string[] each = ["constants", "symbols", "messages", "callbacks", "threads", "crossing", "run"];
        Assert.Equal(["files ", .. each.Select(c => c + " mpich"), .. each.Select(c => c + " openmpi")], checks);
        await HelloRunsAsync("mpich");
    }

    [Fact]
    public async Task A_second_build_compiles_nothing_and_the_name_is_not_taken_twice()
    {
        Installation.Refused(await mana.ManaAsync("bundle", "create", "mpich", "--backend", "mpich"), 125, "exists already", "--force");
        Installation.Require(await mana.ManaAsync("bundle", "create", "mpich", "--backend", "mpich", "--force"));
        Dictionary<string, DateTime> before = Objects();
        Installation.Require(await mana.ManaAsync("bundle", "create", "mpich", "--backend", "mpich", "--force"));
        Assert.True(before.Count > 20);
        Assert.Equal(before, Objects());
    }

    private Dictionary<string, DateTime> Objects() =>
        Directory.EnumerateFiles(Path.Combine(mana.Home, "cache", "build"), "*.o", SearchOption.AllDirectories).ToDictionary(f => f, File.GetLastWriteTimeUtc, StringComparer.Ordinal);

    [Fact]
    public async Task A_changed_file_of_a_bundle_is_found_by_verify()
    {
        Installation.Require(await mana.ManaAsync("bundle", "build", await ProfileAsync("spoiled.toml", "mpich", t => t)));
        await File.AppendAllTextAsync(Path.Combine(Folder("spoiled"), "mana.gdb"), "# more\n");
        Outcome verify = await mana.ManaAsync("bundle", "verify", "spoiled");
        Assert.True(verify.ExitCode == 125 && verify.Output.Contains("mana.gdb was changed", StringComparison.Ordinal), verify.ToString());
        string lower = Path.Combine(Folder("spoiled"), "lower", "mana-lower");
        using (FileStream stream = File.OpenWrite(lower)) stream.SetLength(20_000);
        Installation.Refused(await mana.ManaAsync("launch", "--bundle", "spoiled", "--", "true"), 125, "lower/mana-lower had ", "and has 20000");
        Installation.Require(await mana.ManaAsync("bundle", "remove", "spoiled"));
        Installation.Refused(await mana.ManaAsync("bundle", "show", "spoiled"), 125, "no bundle named 'spoiled'");
    }

    [Fact]
    public async Task A_library_that_was_replaced_is_named()
    {
        File.Copy("/usr/lib/x86_64-linux-gnu/libmpich.so.12", mana["libmpich.so.12"], overwrite: true);
        string profile = await ProfileAsync("aged.toml", "mpich", t => t.Replace("/lib/x86_64-linux-gnu/libmpich.so.12", mana["libmpich.so.12"], StringComparison.Ordinal));
        Installation.Require(await mana.ManaAsync("bundle", "build", profile));
        await HelloRunsAsync("aged");
        File.Copy("/usr/lib/x86_64-linux-gnu/libmpi.so.40", mana["libmpich.so.12"], overwrite: true);
        Installation.Refused(await mana.ManaAsync("launch", "--bundle", "aged", "--", "./hello"), 125, "libmpich.so.12 was replaced", mana["libmpich.so.12"], "create aged");
        Installation.Require(await mana.ManaAsync("bundle", "remove", "aged"));
    }

    [Fact]
    public async Task A_bundle_with_copies_of_its_libraries_can_be_moved_and_carried_elsewhere()
    {
        string profile = await ProfileAsync("own.toml", "openmpi", t =>
            t.Replace("use = \"reference\"", "use = \"copy\"", StringComparison.Ordinal).Replace("[environment]", "[environment]\nEDITED = \"yes\"", StringComparison.Ordinal));
        Installation.Require(await mana.ManaAsync("bundle", "build", profile));
        Outcome linked = await mana.RunAsync(["ldd", Path.Combine(Folder("own"), "lower", "libmana_proxy.so")], TimeSpan.FromMinutes(1));
        Assert.Contains("own/lower/lib/libmpi.so.40", linked.Output, StringComparison.Ordinal);
        Installation.Require(await mana.ManaAsync("bundle", "export", "own", "own.tar.zst"));
        Installation.Require(await mana.ManaAsync("bundle", "remove", "own"));
        Installation.Require(await mana.ManaAsync("bundle", "import", "own.tar.zst"));
        Directory.Move(Folder("own"), Folder("moved"));
        await HelloRunsAsync("moved");
        Outcome shown = await mana.ManaAsync("launch", "--bundle", "moved", "--dry-run", "--", "./hello");
        Assert.Contains(" /usr/bin/mpirun.openmpi -x EDITED -n 1 ", shown.Output, StringComparison.Ordinal); // ranks on other hosts get it by no other way
        // More ranks than cores are no mistake of the bundle.
        Installation.Require(await mana.ManaAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["OMPI_MCA_rmaps_base_oversubscribe"] = null }, "bundle", "verify", "moved", "--ranks", (Environment.ProcessorCount + 1).ToString()));
        Installation.Require(await mana.ManaAsync("bundle", "remove", "moved"));
    }

    [Fact]
    public async Task An_edited_profile_makes_a_bundle_under_a_name_or_in_any_folder()
    {
        string profile = await ProfileAsync("edited.toml", "mpich", t => t.Replace("[environment]", "[environment]\nEDITED = \"yes\"", StringComparison.Ordinal));
        Installation.Refused(await mana.ManaAsync("bundle", "create", "edited", "--profile", profile, "--mpicc", "mpicc"), 2, "--profile", "--mpicc");
        Installation.Refused(await mana.ManaAsync("bundle", "create", "edited", "--profile", profile, "--backend", "openmpi"), 2, "--backend openmpi: the profile is of the backend 'mpich'");
        Installation.Require(await mana.ManaAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = "/proc/none" }, "bundle", "create", "edited", "--profile", profile, "--backend", "mpich"));
        Outcome shown = await mana.ManaAsync("launch", "--bundle", "edited", "--dry-run", "--", "./hello");
        Assert.StartsWith("EDITED=yes ", shown.Output, StringComparison.Ordinal);
        Outcome verify = await mana.ManaAsync("bundle", "verify", "edited", "--ranks", "3");
        Assert.True(verify.ExitCode == 0 && verify.Output.Contains("3 ranks ran under", StringComparison.Ordinal), verify.ToString());
        Installation.Refused(await mana.ManaAsync("bundle", "verify", "edited", "--ranks", "0"), 2, "at least one rank");
        Installation.Require(await mana.ManaAsync("bundle", "remove", "edited"));

        Outcome built = await mana.ManaAsync("bundle", "build", profile, "--output", "anywhere/edited");
        Assert.True(built.ExitCode == 0 && built.Output == mana["anywhere/edited"] + "\n", built.ToString());
        Assert.Contains("EDITED", await File.ReadAllTextAsync(mana["anywhere/edited/manifest.toml"]), StringComparison.Ordinal);
        // Only a bundle is ever replaced.
        await File.WriteAllTextAsync(mana["anywhere/precious"], "");
        Installation.Refused(await mana.ManaAsync("bundle", "build", profile, "--output", "anywhere"), 125, "no bundle, and is not replaced", mana["anywhere"]);
        Assert.True(File.Exists(mana["anywhere/precious"]));
    }

    /// <summary>Packages keep the times of their files: the headers of an update may be older than the objects made before it.</summary>
    [Fact]
    public async Task An_update_of_the_MPI_is_compiled_anew_however_old_its_files_are()
    {
        File.Copy("/usr/lib/x86_64-linux-gnu/libmpich.so.12", mana["libmpich.so.12"], overwrite: true);
        string profile = await ProfileAsync("updated.toml", "mpich", t => t.Replace("/lib/x86_64-linux-gnu/libmpich.so.12", mana["libmpich.so.12"], StringComparison.Ordinal));
        Installation.Require(await mana.ManaAsync("bundle", "build", profile));
        int before = Objects().Count;
        await File.AppendAllTextAsync(mana["libmpich.so.12"], "update");
        File.SetLastWriteTimeUtc(mana["libmpich.so.12"], DateTime.UtcNow.AddDays(-20));
        Installation.Require(await mana.ManaAsync("bundle", "build", profile));
        Assert.True(Objects().Count > before + 20);
        await HelloRunsAsync("updated");
        Installation.Require(await mana.ManaAsync("bundle", "remove", "updated"));
    }

    [Fact]
    public async Task A_second_build_says_that_it_waits_and_can_be_interrupted()
    {
        string profile = await ProfileAsync("second.toml", "mpich", t => t);
        Installation.Require(await mana.ManaAsync("bundle", "build", profile));
        FileStream[] first = [.. Directory.EnumerateFiles(Path.Combine(mana.Home, "cache", "build"), "lock", SearchOption.AllDirectories)
            .Select(f => new FileStream(f, FileMode.Open, FileAccess.ReadWrite, FileShare.None))];
        Outcome second = await mana.RunAsync(["timeout", "--preserve-status", "--signal=INT", "5", mana.Tool, "bundle", "build", profile], TimeSpan.FromMinutes(1));
        foreach (FileStream turn in first) await turn.DisposeAsync();
        Assert.True(second.ExitCode == 130 && second.Errors.Contains("another build against this MPI is under way", StringComparison.Ordinal), second.ToString());
        Installation.Require(await mana.ManaAsync("bundle", "remove", "second"));
    }

    /// <summary>From a terminal the signal reaches all; from elsewhere (kill -INT) mana alone, which then ends its compilers itself.</summary>
    [Theory]
    [InlineData("--kill-after=60")] // nothing else: to all of the process group
    [InlineData("--foreground")]
    public async Task Ctrl_C_during_a_build_leaves_nothing_half_made(string reach)
    {
        string cache = Path.Combine(mana.Home, "cache");
        Directory.Delete(cache, recursive: true);
        Stopwatch watch = Stopwatch.StartNew();
        Outcome stopped = await mana.RunAsync(
            ["timeout", reach, "--signal=INT", "4", mana.Tool, "bundle", "create", "half", "--backend", "mpich"], TimeSpan.FromMinutes(2));
        Assert.True(stopped.ExitCode == 124 && watch.Elapsed < TimeSpan.FromSeconds(30), stopped.ToString());
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Path.Combine(mana.Home, "bundles")), e => e.Contains("half", StringComparison.Ordinal));
        Assert.Contains("interrupted", stopped.Errors, StringComparison.Ordinal);
        for (int i = 0; i < 50 && ProcessesThatName(cache).Length > 0; i++) await Task.Delay(100); // a killed gcc takes a moment to be gone
        Assert.Empty(ProcessesThatName(cache));
    }

    /// <summary>Command lines of what runs, of those in which the text stands.</summary>
    private static string[] ProcessesThatName(string text) =>
        [.. Directory.EnumerateDirectories("/proc").Select(CommandLine).Where(c => c.Contains(text, StringComparison.Ordinal))];

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // no process, or gone meanwhile
        }
    }
}
