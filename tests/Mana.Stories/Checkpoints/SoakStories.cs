using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>
/// `make soak`: jobs are checkpointed at random moments, by the clock and by hand, stopped and restarted under the other MPI, each result compared with the native one.
/// Runs for MANA_SOAK_MINUTES (9), and goes on where the last part stopped: build/soak/state.json, which MANA_TEST_SEED begins anew when it changes.
/// </summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Soak)]
public sealed partial class SoakStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string[] Rotation = [.. Stories.All, "lammps"];

    /// <summary>Steps of a story: some four seconds.</summary>
    private const string Long = "250";

    /// <summary>What all parts together have done.</summary>
    internal sealed record State(int Seed, int Trips, int Checkpoints, int Restarts, int Wrong)
    {
        public override string ToString() => $"{Checkpoints} checkpoints, {Restarts} restarts, {Wrong} wrong ({Trips} jobs, seed {Seed})";
    }

    [Fact]
    public async Task Jobs_go_on_after_checkpoints_at_random_moments_and_come_to_the_native_result()
    {
        double minutes = double.TryParse(Environment.GetEnvironmentVariable("MANA_SOAK_MINUTES"), out double asked) ? asked : 9;
        string folder = Path.Combine(Repository.Root, "build", "soak"), file = Path.Combine(folder, "state.json"), log = Path.Combine(folder, "log");
        Directory.CreateDirectory(folder);
        State state = File.Exists(file) && JsonSerializer.Deserialize<State>(await File.ReadAllTextAsync(file)) is { } known && known.Seed == Journey.Seed ? known : new State(Journey.Seed, 0, 0, 0, 0);
        StringBuilder wrong = new();
        Stopwatch watch = Stopwatch.StartNew();
        do
        {
            Trip trip = new(house, new Random(Journey.StableHash($"{state.Seed} soak {state.Trips}")), Rotation[state.Trips % Rotation.Length], $"soak-{state.Trips}");
            string? problem = await trip.RunAsync(Limit);
            state = state with
            {
                Trips = state.Trips + 1,
                Checkpoints = state.Checkpoints + trip.Checkpoints,
                Restarts = state.Restarts + trip.Restarts,
                Wrong = state.Wrong + (problem is null ? 0 : 1),
            };
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(state));
            await File.AppendAllTextAsync(log, $"{trip}: {problem ?? "ok"}; {state}\n");
            if (problem is not null) wrong.Append(trip).Append(": ").AppendLine(problem);
        }
        while (watch.Elapsed.TotalMinutes < minutes);
        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    /// <summary>One job from its launch to its end, over up to two restarts.</summary>
    private sealed partial class Trip(House house, Random random, string story, string name)
    {
        private const int Legs = 3;

        private readonly List<string> _trail = [];

        public int Checkpoints { get; private set; }

        public int Restarts { get; private set; }

        public override string ToString() => $"{name} {story}, {string.Join(", ", _trail)}";

        /// <summary>Null, or what went wrong.</summary>
        public async Task<string?> RunAsync(TimeSpan limit)
        {
            bool ofDebian = story == "lammps";
            Workload lammps = Workload.Lammps(12, 800);
            Mpi site = Any(Mpi.All);
            string[] words = ofDebian ? [] : [House.CheckpointStory(story, Any(Mpi.All)), Long];
            string expected = ofDebian ? await house.NativeResultAsync(lammps, 2) : await house.NativeStoryAsync(story, 2, Long);
            using Folder folder = new();
            Job.Place place = new(house, folder, name, 2, Stories.Environment);
            Job job = Job.Launch(place, site, ofDebian ? lammps.Prepare(folder) : words, limit, Clock(site));
            StringBuilder output = new();
            try
            {
                Outcome end = await GoOnAsync(job);
                for (int leg = 1; end.ExitCode == Job.Stopped; leg++)
                {
                    output.Append(end.Output);
                    await job.DisposeAsync();
                    site = site == Mpi.Mpich ? Mpi.OpenMpi : Mpi.Mpich;
                    Restarts++;
                    job = Job.Restart(place, site, place.JobFolder, limit, Clock(site));
                    end = await (leg < Legs - 1 ? GoOnAsync(job) : CountAsync(job));
                }
                if (end.ExitCode != 0 || end.TimedOut) return end.ToString();
                await File.WriteAllTextAsync(folder["stdout"], output + end.Output);
                string result = ofDebian ? lammps.Result(folder) : output + end.Output;
                return result == expected ? null : $"another result than native's\n{result}\n--- native\n{expected}";
            }
            finally
            {
                await job.DisposeAsync();
            }
        }

        /// <summary>Three of four jobs take checkpoints by the clock, besides what is asked by hand.</summary>
        private string[] Clock(Mpi site)
        {
            int interval = random.Next(4) == 0 ? 0 : random.Next(150, 900);
            _trail.Add(interval == 0 ? site.Name : $"{site} every {interval} ms");
            return interval == 0 ? ["-v"] : ["-v", "--interval", $"0.{interval:000}s"];
        }

        /// <summary>Stops it, mostly; a job that has ended before is fine.</summary>
        private async Task<Outcome> GoOnAsync(Job job)
        {
            double moment = random.NextDouble() * 2;
            bool stop = random.Next(5) > 0;
            if (stop && await job.IsUnderWayAsync())
            {
                await Task.Delay(TimeSpan.FromSeconds(moment));
                await job.CheckpointAsync("--stop");
            }
            return await CountAsync(job);
        }

        private async Task<Outcome> CountAsync(Job job)
        {
            Outcome end = await job.Running;
            Checkpoints += Taken().Count(end.Errors) + (end.ExitCode == Job.Stopped ? 1 : 0);
            return end;
        }

        private T Any<T>(IReadOnlyList<T> all) => all[random.Next(all.Count)];

        [GeneratedRegex(@"^mana: checkpoint \d+ is in ", RegexOptions.Multiline)]
        private static partial Regex Taken();
    }
}
