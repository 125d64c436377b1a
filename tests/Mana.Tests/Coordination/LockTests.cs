using Mana.Common.Errors;
using Mana.Coordinator.Jobs;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Coordination;

/// <summary>One checkpoint is restarted by one job at a time, on whatever hosts.</summary>
public sealed class LockTests : IDisposable
{
    private readonly Folder _folder = new();

    private static ProcessMark Dead => ProcessMark.Own with { Pid = int.MaxValue };

    private static ProcessMark Elsewhere => ProcessMark.Own with { Host = "elsewhere" };

    private string File => _folder["restart.lock"];

    public void Dispose() => _folder.Dispose();

    private Task<RestartLock> TakeAsync(bool force = false) => RestartLock.TakeAsync(_folder.Path, force, _ => { });

    private async Task<UserError> RefusedAsync() => (await Assert.ThrowsAsync<UserErrorException>(() => TakeAsync())).Error;

    private void Write(params ProcessMark[] marks) => System.IO.File.WriteAllLines(File, marks.Select(m => m.ToString()));

    [Fact]
    public async Task A_checkpoint_is_restarted_by_one_job_at_a_time()
    {
        await using (await TakeAsync()) Assert.Contains("still runs", (await RefusedAsync()).What, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
        // Left by a job whose process is dead: its number is nobody's, or another process's by now, as after the host was started again.
        foreach (ProcessMark dead in (ProcessMark[])[Dead, ProcessMark.Own with { Start = "1" }, ProcessMark.Own with { Boot = "another" }])
        {
            Write(dead);
            await (await TakeAsync()).DisposeAsync();
        }
    }

    /// <summary>mana was killed; the ranks write their files until the launcher ends.</summary>
    [Fact]
    public async Task A_checkpoint_is_held_while_the_launcher_of_a_killed_mana_lives()
    {
        await using (RestartLock held = await TakeAsync())
        {
            held.AddLauncher(ProcessMark.Own);
            Assert.Equal([$"{ProcessMark.Own}", $"{ProcessMark.Own}"], await System.IO.File.ReadAllLinesAsync(File));
        }
        Write(Dead, ProcessMark.Own);
        Assert.Contains(ProcessMark.Own.Place, (await RefusedAsync()).What, StringComparison.Ordinal);
        Write(Dead, Dead);
        await (await TakeAsync()).DisposeAsync();
    }

    /// <summary>Its host is down, or cannot be reached: the file of a job that lives is touched now and then. A container beside this one is as another host.</summary>
    [Theory]
    [InlineData("elsewhere")]
    [InlineData("beside")]
    public async Task A_job_of_another_host_holds_its_checkpoint_as_long_as_it_gives_a_sign_of_life(string where)
    {
        Write(where == "elsewhere" ? Elsewhere : Dead with { Numbers = "pid:[1]" });
        Assert.True(RestartLock.IsHeld(_folder.Path));
        using Timer beats = new(_ => System.IO.File.SetLastWriteTimeUtc(File, DateTime.UtcNow.AddSeconds(1)), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        Assert.Contains("still runs", (await RefusedAsync()).What, StringComparison.Ordinal);
        System.IO.File.SetLastWriteTimeUtc(File, DateTime.UtcNow - 2 * Pulse.Patience);
        Assert.False(RestartLock.IsHeld(_folder.Path));
        await (await TakeAsync()).DisposeAsync();
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task A_lock_that_was_taken_by_force_is_left_to_its_new_owner()
    {
        await using (await TakeAsync()) Write(Elsewhere);
        Assert.True(RestartLock.IsHeld(_folder.Path));
        await (await TakeAsync(force: true)).DisposeAsync();
        Assert.False(RestartLock.IsHeld(_folder.Path));
    }

    /// <summary>A lock without a living process is found by all at once; each round only one may get it.</summary>
    [Fact]
    public async Task Of_restarts_that_begin_together_one_gets_the_checkpoint()
    {
        for (int round = 0; round < 50; round++)
        {
            if (round % 2 == 0) Write(Dead);
            using Barrier together = new(4);
            RestartLock?[] taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(TimeSpan.FromSeconds(30));
                    return TryTakeAsync();
                }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            await Assert.Single(taken.OfType<RestartLock>()).DisposeAsync();
        }

        async Task<RestartLock?> TryTakeAsync()
        {
            try
            {
                return await TakeAsync();
            }
            catch (UserErrorException)
            {
                return null;
            }
        }
    }

    /// <summary>Nobody can make a file in /proc/self, and what it says then is neither "exists" nor "not allowed": as on a file system mounted to be read.</summary>
    [Fact]
    public async Task A_checkpoint_in_a_folder_that_takes_no_file_can_be_restarted()
    {
        await (await RestartLock.TakeAsync("/proc/self", force: false, _ => { })).DisposeAsync();
        Assert.False(RestartLock.IsHeld("/proc/self"));
    }
}
