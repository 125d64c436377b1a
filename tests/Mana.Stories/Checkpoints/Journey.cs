using System.Text;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>A job that is stopped at a random moment on each site and goes on at the next one, until it ends at the last.</summary>
/// <param name="House">Whose tool and programs are used.</param>
/// <param name="Sites">Bundles, in order; a checkpoint lies between each two.</param>
/// <param name="Ranks">At all sites.</param>
/// <param name="Limit">For each leg.</param>
/// <param name="Latest">The latest moment of a checkpoint, from the time when all ranks are there.</param>
internal sealed record Journey(House House, IReadOnlyList<Mpi> Sites, int Ranks, TimeSpan Limit, TimeSpan Latest)
{
    private const int Attempts = 5;

    /// <summary>Of mana launch.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Before each checkpoint that stops the job another is taken that leaves it running.</summary>
    public bool GoesOnAfterOne { get; init; }

    /// <summary>Seeds all random moments, with the name of the case; printed with every failure.</summary>
    public static int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("MANA_TEST_SEED"), out int seed) ? seed : 1;

    /// <summary>From A to B and back.</summary>
    public static IReadOnlyList<Mpi> ThereAndBack(Mpi home, Mpi abroad) => [home, abroad, home];

    /// <summary>Where the journey has ended, with standard output of all legs, joined in order, in the file `stdout`.</summary>
    /// <param name="name">Of the case, unique.</param>
    /// <param name="environment">Beside the usual.</param>
    /// <param name="prepare">Lays input into an empty folder; the program's words.</param>
    public async Task<Folder> TravelAsync(string name, IReadOnlyDictionary<string, string?> environment, Func<Folder, IReadOnlyList<string>> prepare)
    {
        double latest = Latest.TotalSeconds;
        for (int attempt = 0; attempt < Attempts; attempt++, latest *= 0.6)
        {
            Folder folder = new();
            try
            {
                Random random = new(StableHash($"{Seed} {name} {attempt}"));
                if (await LegsAsync(new Job.Place(House, folder, $"{name}-{attempt}", Ranks, environment), prepare, () => random.NextDouble() * latest)) return folder;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                folder.Dispose();
                throw new InvalidOperationException($"{name}, {string.Join(" -> ", Sites)}, {Ranks} ranks, MANA_TEST_SEED={Seed}: {e.Message}", e);
            }
            folder.Dispose();
        }
        Assert.Fail($"{name} had ended before its checkpoint {Attempts} times: it is too short a story");
        throw new InvalidOperationException();
    }

    /// <summary>False: the program had ended before a checkpoint could be taken, which is nobody's fault and proves nothing.</summary>
    private async Task<bool> LegsAsync(Job.Place place, Func<Folder, IReadOnlyList<string>> prepare, Func<double> moment)
    {
        StringBuilder output = new();
        Job job = Job.Launch(place, Sites[0], prepare(place.Folder), Limit, [.. Options]);
        try
        {
            foreach ((int leg, Mpi next) in Sites.Index().Skip(1))
            {
                if (!await job.IsUnderWayAsync())
                {
                    if (job.Running.IsCompleted) RequireGoodEnd(await job.Running);
                    return false;
                }
                double wait = moment();
                if (GoesOnAfterOne)
                {
                    wait /= 2;
                    await Task.Delay(TimeSpan.FromSeconds(wait));
                    if (!await job.SaveAsync()) return false;
                }
                await Task.Delay(TimeSpan.FromSeconds(wait));
                if (await job.StopAsync() is not { } stopped) return false;
                output.Append(stopped.Output);
                await job.DisposeAsync();
                job = Job.Restart(place, next, place.JobFolder, Limit, leg == Sites.Count - 1 ? Job.Hurry : []);
            }
            Outcome last = await job.Running;
            RequireGoodEnd(last);
            output.Append(last.Output);
        }
        finally
        {
            await job.DisposeAsync();
        }
        await File.WriteAllTextAsync(place.Folder["stdout"], output.ToString());
        return true;
    }

    private static void RequireGoodEnd(Outcome outcome) => Assert.True(outcome is { ExitCode: 0, TimedOut: false }, outcome.ToString());

    /// <summary>string.GetHashCode differs from run to run.</summary>
    internal static int StableHash(string text) => unchecked((int)text.Aggregate(2166136261u, (hash, c) => (hash ^ c) * 16777619u));
}
