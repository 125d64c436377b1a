using Mana.Common.Errors;
using Mana.Coordinator.Jobs;
using Mana.Coordinator.Protocol;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Coordination;

/// <summary>Running jobs, by their files.</summary>
public sealed class RegistryTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly List<string> _said = [];

    private static ProcessMark Dead => ProcessMark.Own with { Pid = int.MaxValue };

    private static ProcessMark Elsewhere => ProcessMark.Own with { Host = "elsewhere" };

    private JobRegistry Registry => new(_folder["jobs"], _said.Add);

    public void Dispose() => _folder.Dispose();

    /// <summary>Nobody listens at port 1.</summary>
    private JobFile Write(string job, ProcessMark process, ProcessMark? launcher = null)
    {
        JobFile file = new(job, ["127.0.0.1", "10.0.0.1"], 1, Secret.Make(), process, 2, DateTimeOffset.UtcNow, _folder["ckpt"]) { Launcher = launcher };
        file.Write(Registry.Folder);
        return file;
    }

    private void Age(string job) => File.SetLastWriteTimeUtc(JobFile.PathOf(Registry.Folder, job), DateTime.UtcNow - 2 * Pulse.Patience);

    private UserError NotFound(string? name) => Assert.Throws<UserErrorException>(() => Registry.Find(name)).Error;

    private async Task<UserError> TakenAsync(string name) => (await Assert.ThrowsAsync<UserErrorException>(() => Registry.RequireFreeAsync(name))).Error;

    [Fact]
    public void Jobs_are_found_by_name_and_what_dead_ones_left_is_removed()
    {
        Assert.Contains("no job runs", NotFound(null).What, StringComparison.Ordinal);
        JobFile job = Write("a", ProcessMark.Own);
        Write("dead", Dead);
        Write("again", ProcessMark.Own with { Start = "1" }); // another process has its number
        Write("lost", Elsewhere);
        Age("lost");
        JobFile found = Registry.Find(null);
        Assert.Equal((1, "a", true), (found.Port, found.Job, found.Secret.Matches(job.Secret)));
        Assert.Equal(["'again'", "'dead'", "'lost'"], _said.Select(l => l.Split(' ', ':').First(w => w.StartsWith('\''))));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(JobFile.PathOf(Registry.Folder, "a")));
        Write("b", Elsewhere);
        Assert.Contains("a, b", NotFound(null).ToDo, StringComparison.Ordinal);
        Assert.Equal("b", Registry.Find("b").Job);
    }

    [Fact]
    public async Task A_name_is_taken_while_its_job_lives()
    {
        JobFile first = Write("melt", ProcessMark.Own);
        Assert.Contains("runs already", (await TakenAsync("melt")).What, StringComparison.Ordinal);
        Assert.Equal(JobFile.Exists, Assert.Throws<IOException>(() => Write("melt", ProcessMark.Own)).HResult);
        Assert.Single(Directory.GetFiles(Registry.Folder));
        Assert.False((first with { Secret = Secret.Make() }).Remove(Registry.Folder)); // another's stays
        Assert.Equal("melt", Registry.Find(null).Job);
        Assert.True(first.Remove(Registry.Folder));
        foreach (ProcessMark dead in (ProcessMark[])[Dead, Elsewhere])
        {
            Write("melt", dead);
            Age("melt");
            await Registry.RequireFreeAsync("melt");
            Assert.Empty(Directory.GetFiles(Registry.Folder));
        }
    }

    [Fact]
    public async Task Of_launches_that_begin_together_one_gets_the_name()
    {
        for (int round = 0; round < 50; round++)
        {
            using Barrier together = new(4);
            bool[] got = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(TimeSpan.FromSeconds(30));
                    return TryWrite();
                }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.Single(got, g => g);
            File.Delete(JobFile.PathOf(Registry.Folder, "melt"));
        }

        bool TryWrite()
        {
            try
            {
                Write("melt", ProcessMark.Own);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    /// <summary>Of a newer release, say: its job may run.</summary>
    [Fact]
    public async Task A_file_that_cannot_be_read_is_told_and_stays()
    {
        Directory.CreateDirectory(Registry.Folder);
        string file = JobFile.PathOf(Registry.Folder, "newer");
        await File.WriteAllTextAsync(file, "job = \"newer\"\n");
        Assert.Contains("newer.toml", (await TakenAsync("newer")).Where, StringComparison.Ordinal);
        Assert.Contains("newer.toml", NotFound("newer").Where, StringComparison.Ordinal);
        Assert.Contains("no job runs", NotFound(null).What, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task A_job_whose_mana_was_killed_is_told_and_its_files_are_left_alone()
    {
        JobFile file = Write("alone", Dead).AddLauncher(Registry.Folder, ProcessMark.Own);
        Assert.True(file.RunsAlone);
        Assert.Empty(Registry.Running());
        Assert.Contains("mana was killed", NotFound("alone").What, StringComparison.Ordinal);
        Assert.Contains("mana was killed", (await TakenAsync("alone")).What, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["ckpt"]);
        Assert.True(Registry.IsUsed(_folder["ckpt"]));
        Assert.Contains("still runs", (await Assert.ThrowsAsync<UserErrorException>(() => Registry.RequireUnusedAsync(_folder["ckpt"]))).Error.What, StringComparison.Ordinal);
    }

    /// <summary>By whatever path, and whatever its name.</summary>
    [Fact]
    public async Task Checkpoints_of_a_running_job_are_not_to_be_restarted()
    {
        Directory.CreateDirectory(_folder["ckpt"]);
        Directory.CreateDirectory(_folder["other"]);
        Directory.CreateSymbolicLink(_folder["link"], _folder["ckpt"]);
        JobFile job = Write("melt", ProcessMark.Own);
        await Registry.RequireUnusedAsync(_folder["other"]);
        UserError error = (await Assert.ThrowsAsync<UserErrorException>(() => Registry.RequireUnusedAsync(_folder["link"]))).Error;
        Assert.Contains("'melt'", error.What, StringComparison.Ordinal);
        Assert.Contains("mana checkpoint melt --stop", error.ToDo, StringComparison.Ordinal);
        job.Remove(Registry.Folder);
        await Registry.RequireUnusedAsync(_folder["link"]);
    }

    [Fact]
    public void A_name_nobody_chose_is_neither_that_of_checkpoints_nor_of_a_job()
    {
        string first = Registry.DefaultName("/bin/sim", _folder.Path);
        Directory.CreateDirectory(_folder[first]);
        Assert.Equal(($"sim-{Environment.ProcessId}", first + "-2"), (first, Registry.DefaultName("/bin/sim", _folder.Path)));
        Write(first + "-2", Elsewhere);
        Assert.Equal(first + "-3", Registry.DefaultName("/bin/sim", _folder.Path));
    }
}
