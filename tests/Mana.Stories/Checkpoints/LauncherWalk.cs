using System.Diagnostics;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>
/// The launcher (mpiexec, mpirun), or `mana restart`, is killed while rank 1 stands still at a fault point: nothing of the job is left behind, and its first checkpoint
/// goes on to the native result under the other MPI.
/// </summary>
internal sealed class LauncherWalk(House house)
{
    private readonly FaultWalk _walk = new(house);

    public async Task KillLauncherAsync(FaultPoint point, Mpi site)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, $"headless-{point.Name}-{site}", 2, Stories.Environment), armed = place with { More = point.Armed("stop") };
        await using (Job job = await StandingAsync(place, armed, point, site))
        {
            (LiveProcess mana, _) = await job.ProcessesAsync();
            LiveProcess[] all = [mana, .. mana.Descendants];
            await Assert.Single(mana.Children).SignalAsync("KILL");
            foreach (LiveProcess each in all) await each.AssertEndsAsync();
            Outcome end = await job.Running;
            Assert.True(end is { TimedOut: false, ExitCode: not 0, Output: "" }, end.ToString());
        }
        await _walk.AssertRestartsAsync(place, site);
    }

    /// <summary>Until all images are found whole nothing has begun, and the ranks leave; then the job runs on without its coordinator.</summary>
    public async Task KillRestartAsync(FaultPoint point, Mpi site)
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, $"abandoned-{point.Name}-{site}", 2, Stories.Environment), armed = place with { More = point.Armed("stop") };
        await using (Job job = await StandingAsync(place, armed, point, site))
        {
            (LiveProcess mana, IReadOnlyList<LiveProcess> ranks) = await job.ProcessesAsync();
            LiveProcess[] all = [mana, .. mana.Descendants];
            await mana.SignalAsync("KILL");
            await ranks[1].SignalAsync("CONT");
            Outcome end = await job.Running; // until the ranks, which may run to their end, have closed its standard output
            foreach (LiveProcess each in all) await each.AssertEndsAsync();
            Assert.True(end is { TimedOut: false, ExitCode: not 0 }, end.ToString());
            bool begun = point.Name is not ("RESTART_CONNECTED" or "RESTART_VERIFIED");
            Assert.Equal(begun ? await _walk.ExpectedAsync() : "", end.Output);
        }
        await _walk.AssertRestartsAsync(place, site);
    }

    /// <summary>A job whose rank 1 stands at the point, in its second checkpoint or in its restart.</summary>
    private static async Task<Job> StandingAsync(Job.Place place, Job.Place armed, FaultPoint point, Mpi site)
    {
        if (point.IsOfRestart)
            await using (Job first = FaultWalk.Launch(place, site)) await FaultWalk.StopAsync(first);
        Job job = point.IsOfRestart ? Job.Restart(armed, site, place.JobFolder, FaultWalk.Limit) : FaultWalk.Launch(armed, site);
        try
        {
            if (!point.IsOfRestart) await FaultWalk.CheckpointAsync(job);
            Assert.True(await (point.IsOfRestart ? ComesToStandAsync(job) : IsCaughtAsync(job, point)), $"rank 1 does not come to {point.Name}");
            return job;
        }
        catch
        {
            await job.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> ComesToStandAsync(Job job)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while ((await job.StatusAsync())?["ranks"]?.AsArray().Count is not 2 && !job.Running.IsCompleted && watch.Elapsed < FaultWalk.Limit) await Task.Delay(50);
        return await (await job.ProcessesAsync()).Ranks[1].StandsStillAsync();
    }

    /// <summary>Where the point is met by chance, by one of many checkpoints. The answer to one that is committed may come before the rank stands.</summary>
    private static async Task<bool> IsCaughtAsync(Job job, FaultPoint point)
    {
        LiveProcess rank = (await job.ProcessesAsync()).Ranks[1];
        for (int tries = 0; tries < FaultWalk.Tries && !job.Running.IsCompleted; tries++)
        {
            Task<bool> standing = rank.StandsStillAsync();
            Task<Outcome> asked = job.CheckpointAsync(point.NeedsStop ? ["--stop"] : []);
            await Task.WhenAny(standing, asked);
            await Task.WhenAny(standing, Task.Delay(TimeSpan.FromSeconds(1)));
            if (standing.IsCompleted) return await standing;
        }
        return false;
    }
}
