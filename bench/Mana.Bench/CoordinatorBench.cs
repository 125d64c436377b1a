using System.Diagnostics;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;
using Mana.Testing;

namespace Mana.Bench;

/// <summary>The coordinator of a large job: its own code in this process, and as many agents as promised in another, over loopback.</summary>
internal static class CoordinatorBench
{
    private const int Ranks = 10_000, Rounds = 6;

    public static async Task<IEnumerable<Measure>> RunAsync()
    {
        using Folder folder = new();
        JobDescription description = new()
        {
            Job = "many",
            Program = "many",
            WorkingDirectory = folder.Path,
            Bundle = "none",
            Backend = "none",
            MpiVersion = "0",
        };
        CheckpointFolder store = new(folder["checkpoints"], description, keep: 1);
        List<StageReport> reports = [];
        List<double> whole = [];
        await using CoordinatorServer server = new(new JobSettings { Log = reports.Add }, store);
        new JobFile("many", ["127.0.0.1"], server.Port, server.Secret, ProcessMark.Own, Ranks, DateTimeOffset.UtcNow, store.Folder)
            .Write(folder["jobs"]);
        Stopwatch watch = Stopwatch.StartNew();
        Task<Outcome> agents = Bounded.RunAsync(
            [Environment.ProcessPath!, .. OwnAssembly, "--agents", JobFile.PathOf(folder["jobs"], "many"), $"{Ranks}"], folder.Path, new Dictionary<string, string?>(),
            TimeSpan.FromMinutes(2));
        // The first one waits until all are there: it is taken by a coordinator that has just been started, as most are.
        for (int round = 1; round <= Rounds; round++)
        {
            Task<CheckpointOutcome> asked = server.CheckpointAsync(stop: round == Rounds, TimeSpan.FromMinutes(1), _ => { });
            if (await Task.WhenAny(asked, agents) == agents) throw new InvalidOperationException("the agents have ended: " + await agents);
            CheckpointOutcome outcome = await asked;
            if (outcome.Error is { } error) throw new InvalidOperationException(error.ToBlock());
            if (round == 1) Console.WriteLine($"  {Ranks} agents have connected and taken part in a checkpoint after {watch.Elapsed.TotalSeconds:0.0} s");
            whole.Add(outcome.Elapsed.TotalSeconds);
            while (Volatile.Read(ref reports).Count < round) await Task.Delay(5);
        }
        Console.WriteLine($"  whole checkpoints without images: {string.Join(' ', whole.Select(w => $"{w:0.00}"))} s");
        foreach (CheckpointStep step in (CheckpointStep[])[CheckpointStep.Clocks, CheckpointStep.Reached, CheckpointStep.Parked, CheckpointStep.Wrote, CheckpointStep.Resumed])
            Console.WriteLine($"  {step}: {string.Join(' ', reports.Select(r => r.Times.Slowest((int)step) is { } s ? $"{r.Times[s, (int)step]!.Value.TotalSeconds:0.000}" : "-"))} s");
        await agents;
        return [new Measure("-", $"intent-{Ranks}-agents", "s", Promise.EveryAtMost(1, "s"), [], [.. reports.Select(r => Latest(r, CheckpointStep.Clocks))])];
    }

    /// <summary>Seconds from the intent to the last rank's word.</summary>
    private static double Latest(StageReport report, CheckpointStep step) =>
        report.Times[report.Times.Slowest((int)step) ?? throw new InvalidOperationException($"nobody has confirmed {step}"), (int)step]!.Value.TotalSeconds;

    /// <summary>`dotnet FILE.dll` is how this runs, or its own executable.</summary>
    private static string[] OwnAssembly =>
        string.Equals(Path.GetFileNameWithoutExtension(Environment.ProcessPath), "dotnet", StringComparison.Ordinal) ? [typeof(CoordinatorBench).Assembly.Location] : [];
}
