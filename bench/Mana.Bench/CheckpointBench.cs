using Mana.Testing;

namespace Mana.Bench;

/// <summary>What a checkpoint and a restart take, by the log of the job.</summary>
internal static class CheckpointBench
{
    private const int Checkpoints = 12, Restarts = 3;

    /// <summary>From the coordinator's intent until it knows that the last rank has parked, of two ranks that are never away from MPI for a millisecond.</summary>
    public static async Task<IEnumerable<Measure>> QuiesceAsync(InstalledTool tool, Mpi mpi)
    {
        using Folder folder = new();
        await using BackgroundJob job = BackgroundJob.Launch(tool, mpi, folder, Benchmarks.Program(mpi.Name, "paced"));
        await job.ReadyAsync();
        for (int i = 0; i < Checkpoints; i++) await job.CheckpointAsync();
        double[] milliseconds = [.. (await job.LogAsync("checkpoint", Checkpoints)).Select(t => t.Columns["parked"].Max() * 1e3)];
        return [new Measure(mpi.Name, "intent-until-all-parked", "ms", Promise.EveryAtMost(100, "ms"), [], milliseconds)];
    }

    /// <summary>
    /// The share of the restart, MPI_Init and reading 500 MB a rank included, that goes into communicators and datatypes. Rebuilding begins when all ranks have
    /// their memory: the rank that came last has waited for nobody, and so has the smallest time.
    /// </summary>
    public static async Task<IEnumerable<Measure>> RebuildAsync(InstalledTool tool, Mpi mpi)
    {
        using Folder folder = new();
        await using (BackgroundJob first = BackgroundJob.Launch(tool, mpi, folder, Benchmarks.Program(mpi.Name, "objects")))
        {
            await first.ReadyAsync();
            await first.CheckpointAsync("--stop");
        }
        List<LogTable> tables = [];
        for (int i = 0; i < Restarts; i++)
        {
            await using BackgroundJob job = BackgroundJob.Restart(tool, mpi, folder);
            tables.AddRange(await job.LogAsync("restarted", 1));
        }
        return
        [
            new Measure(mpi.Name, "restart-rebuilding-objects", "%", Promise.AtMost(10, "%"), [],
                [.. tables.Select(t => 100 * t.Columns["objects"].Max() / t.Columns["total"].Max())]),
        ];
    }
}
