using System.Diagnostics;
using System.Text.Json;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>
/// Jobs are checkpointed at random moments, by the clock and by hand, stopped and restarted under the other MPI, each result compared with the native one. What all parts of
/// a soak have done is in build/NAME/state.json, what each job has come to in build/NAME/log; MANA_TEST_SEED begins it anew when it changes, `make clean` forgets it.
/// </summary>
[Collection(InTheHouse.Name)]
public sealed class SoakStories(House house)
{
    /// <summary>All but the one whose checkpoints are refused where they meet a child.</summary>
    private static readonly string[] Rotation = [.. Stories.All.Where(s => s != "children"), "lammps"];

    /// <summary>A soak in so many minutes; on a machine so slow that it has taken too few checkpoints then, it goes on for up to three times as long.</summary>
    /// <param name="Name">Its folder.</param>
    /// <param name="Minutes">At least, of each part.</param>
    /// <param name="Checkpoints">At least, of all parts together.</param>
    private sealed record Soak(string Name, double Minutes, int Checkpoints)
    {
        public string Folder { get; } = Path.Combine(Repository.Root, "build", Name);

        public string State => Path.Combine(Folder, "state.json");

        public string Log => Path.Combine(Folder, "log");

        public bool IsOver(TimeSpan time, State state) => time.TotalMinutes >= Minutes * (state.Checkpoints < Checkpoints ? 3 : 1);
    }

    /// <summary>What all parts together have done.</summary>
    private sealed record State(int Seed, int Trips, int Checkpoints, int Restarts, int Wrong)
    {
        public override string ToString() => $"{Checkpoints} checkpoints, {Restarts} restarts, {Wrong} wrong ({Trips} jobs, seed {Seed})";
    }

    /// <summary>`make soak`: each part, of MANA_SOAK_MINUTES (9), goes on where the last one stopped.</summary>
    [Fact]
    [Trait(Stories.Part, Stories.Soak)]
    public Task Jobs_go_on_after_checkpoints_at_random_moments_and_come_to_the_native_result() =>
        HoldAsync(new Soak("soak", double.TryParse(Environment.GetEnvironmentVariable("MANA_SOAK_MINUTES"), out double asked) ? asked : 9, 100));

    /// <summary>In `make test`: whole in itself, and the same each time.</summary>
    [Fact]
    [Trait(Stories.Part, Stories.ShortSoak)]
    public Task A_few_jobs_go_on_after_checkpoints_at_random_moments()
    {
        Soak soak = new("short-soak", 2, 25);
        if (Directory.Exists(soak.Folder)) Directory.Delete(soak.Folder, recursive: true);
        return HoldAsync(soak);
    }

    private async Task HoldAsync(Soak soak)
    {
        Directory.CreateDirectory(soak.Folder);
        State state = File.Exists(soak.State) && JsonSerializer.Deserialize<State>(await File.ReadAllTextAsync(soak.State)) is { } known && known.Seed == Journey.Seed
            ? known : new State(Journey.Seed, 0, 0, 0, 0);
        List<string> wrong = [];
        Stopwatch watch = Stopwatch.StartNew();
        while (!soak.IsOver(watch.Elapsed, state))
        {
            SoakTrip trip = new(house, new Random(Journey.StableHash($"{state.Seed} soak {state.Trips}")), Rotation[state.Trips % Rotation.Length], $"soak-{state.Trips}");
            string? problem = await trip.RunAsync();
            if (problem is not null) wrong.Add($"{trip}: {problem}");
            state = state with
            {
                Trips = state.Trips + 1,
                Checkpoints = state.Checkpoints + trip.Checkpoints,
                Restarts = state.Restarts + trip.Restarts,
                Wrong = state.Wrong + (problem is null ? 0 : 1),
            };
            await File.WriteAllTextAsync(soak.State, JsonSerializer.Serialize(state));
            await File.AppendAllTextAsync(soak.Log, $"{trip}: {problem ?? "ok"}; {state}\n");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(state.Wrong == 0, $"an earlier part went wrong, which stays so until `make clean`: {state}; see {soak.Log}");
        Assert.True(state.Checkpoints >= soak.Checkpoints, $"at least {soak.Checkpoints} checkpoints are to be taken: {state}");
    }
}
