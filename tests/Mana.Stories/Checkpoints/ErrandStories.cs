using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>Programs that run other programs, and files that grow after a checkpoint: workloads/errands.py does as files in its folder tell it.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class ErrandStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_living_child_is_refused_by_name_errands_are_not_and_a_log_that_grew_is_kept_if_asked_for()
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "errands", 2, Stories.Environment);
        await using (Job job = Job.Launch(place, Mpi.OpenMpi, ["/usr/bin/python3", Path.Combine(Repository.Workloads, "errands.py")], Limit))
        {
            await job.RequireUnderWayAsync();
            await File.WriteAllTextAsync(folder["child"], "");
            await UntilAsync(job, () => File.Exists(folder["child-lives"]));
            Outcome refused = await job.CheckpointAsync();
            Assert.True(refused.ExitCode == Job.ManaFailed && refused.Errors.Contains("rank 0", StringComparison.Ordinal) && refused.Errors.Contains("(sleep)", StringComparison.Ordinal), refused.ToString());
            Assert.Empty(place.Committed);
            File.Delete(folder["child"]);
            await UntilAsync(job, () => !File.Exists(folder["child-lives"]));
            await RunErrandAsync(job, folder);
            Outcome taken = await job.CheckpointAsync();
            Assert.True(taken.ExitCode == 0, taken.ToString());
            int lines = Log(folder).Length;
            await UntilAsync(job, () => Log(folder).Length > lines + 10);
        }
        int before = Log(folder).Length;
        await using Job again = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, "--keep-files");
        await again.RequireUnderWayAsync();
        await RunErrandAsync(again, folder);
        await File.WriteAllTextAsync(folder["enough"], "");
        Outcome end = await again.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        AssertWentBackAt(before, Log(folder));
        Assert.Empty(Directory.GetFiles(folder.Path, "*.mana-tail*"));
    }

    private static async Task RunErrandAsync(Job job, Folder folder)
    {
        await File.WriteAllTextAsync(folder["errand"], "");
        await UntilAsync(job, () => !File.Exists(folder["errand"]));
    }

    private static string[] Log(Folder folder) => File.Exists(folder["log.0"]) ? File.ReadAllLines(folder["log.0"]) : [];

    /// <summary>Before the line the steps follow each other; there the program goes on from a step that it had done before; each with the sum that belongs to it.</summary>
    private static void AssertWentBackAt(int line, string[] log)
    {
        (int Step, int Total)[] all = [.. log.Select(l => l.Split(' ')).Select(w => (int.Parse(w[0]), int.Parse(w[1])))];
        int first = all[line].Step;
        Assert.InRange(first, 1, line - 10);
        Assert.Equal([.. Enumerable.Range(0, line), .. Enumerable.Range(first, log.Length - line)], all.Select(s => s.Step));
        int[] totals = new int[all.Max(s => s.Step) + 1];
        for (int step = 1; step < totals.Length; step++) totals[step] = (2 * totals[step - 1] + 3 * step) % 1000003;
        Assert.All(all, s => Assert.Equal(totals[s.Step], s.Total));
    }

    private static async Task UntilAsync(Job job, Func<bool> holds)
    {
        for (int tries = 0; !holds() && tries < 1200 && !job.Running.IsCompleted; tries++) await Task.Delay(50);
        Assert.True(holds(), job.Running.IsCompleted ? (await job.Running).ToString() : "it did not come about in a minute");
    }
}
