using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>A fact that needs leave to attach to another process.</summary>
internal sealed class AttachFactAttribute : FactAttribute
{
    private const string Scope = "/proc/sys/kernel/yama/ptrace_scope";
    private const int CapSysPtrace = 19; // man 7 capabilities

    public AttachFactAttribute()
    {
        if (File.Exists(Scope) && !File.ReadAllText(Scope).StartsWith('0') && !MayTrace())
            Skip = $"{Scope} lets only who has CAP_SYS_PTRACE attach to a process that is not its child";
    }

    private static bool MayTrace()
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        return (Convert.ToUInt64(line.Split('\t')[1], 16) >> CapSysPtrace & 1) == 1;
    }
}

/// <summary>docs/DEBUGGING.md, as it is used: gdb attaches to a rank of a running job, looks, and lets it go on.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class DebuggerStories(House house)
{
    private const string Story = "inflight", Steps = "300";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [AttachFact]
    public async Task A_rank_that_gdb_has_looked_at_goes_on_and_takes_checkpoints_before_and_after_a_restart()
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, "debugged", 2, Stories.Environment);
        await using Job job = Job.Launch(place, Mpi.OpenMpi, [House.CheckpointStory(Story, Mpi.OpenMpi), Steps], Limit);
        await LookAsync(job, place, Mpi.OpenMpi);
        Outcome stopped = await job.StopAsync() ?? throw new InvalidOperationException("it ended before");
        await using Job again = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit);
        await LookAsync(again, place, Mpi.Mpich);
        Assert.True(await again.SaveAsync());
        Outcome end = await again.Running;
        Assert.True(end.ExitCode == 0, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Steps), stopped.Output + end.Output);
    }

    private static async Task LookAsync(Job job, Job.Place place, Mpi site)
    {
        await job.RequireUnderWayAsync();
        string script = Path.Combine(place.House.Tool.Home, "bundles", site.Name, "mana.gdb");
        string[] commands = ["mana-symbols", "mana-where", "thread apply all bt", "detach"];
        Outcome gdb = await Bounded.RunAsync(
            ["gdb", "-nx", "-batch", "-p", (await job.PidOfRankAsync(0)).ToString(), "-x", script, .. commands.SelectMany(c => (string[])["-ex", c])],
            place.Folder.Path, place.Environment, TimeSpan.FromMinutes(1));
        Assert.Matches("code: (upper|lower) half, thread-local block: (upper|lower)", gdb.Output);
        Assert.Matches(@"#\d+ .* main \(.*inflight\.c", gdb.Output); // one stack through both halves, down to the program's source
    }
}
