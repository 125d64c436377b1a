using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>Checkpoints that come by the clock, and what their user sees of them and of the job.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class TimedStories(House house)
{
    private const string Name = "timed", Story = "inflight", Steps = "600";
    private const int Kept = 2;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Checkpoints_come_by_the_clock_old_ones_go_when_new_ones_are_there_and_all_is_shown()
    {
        using Folder folder = new();
        Dictionary<string, string?> environment = new(Stories.Environment, StringComparer.Ordinal) { ["MANA_INTERVAL"] = "1s", ["MANA_CHECKPOINT_DIR"] = "checkpoints" };
        Job.Place place = new(house, folder, Name, 2, environment);
        await using Job job = Job.Run(
            place, house.Tool.Launch(Mpi.OpenMpi, 2, [House.CheckpointStory(Story, Mpi.OpenMpi), Steps], "--job", Name, "--keep", Kept.ToString()), Limit);
        await job.RequireUnderWayAsync();
        Task<Outcome> watch = job.ManaAsync("status", "--watch"), stacks = job.ManaAsync("status", "--watch", "--json", "--stacks");
        while (!job.Running.IsCompleted && Newest(place) < 4)
        {
            // Two are gone since they were listed only if two were made meanwhile.
            Assert.True(Newest(place) < Kept || place.Committed.Count >= Kept || place.Committed.Count >= Kept, "an old checkpoint went before the new one was there");
            await Task.Delay(20);
        }
        Outcome? stopped = await job.StopAsync();
        Assert.NotNull(stopped);
        AssertWatched(await watch);
        AssertStacks(await stacks);
        Assert.Equal(Kept, place.Committed.Count);
        await AssertListedAsync(job, place);
        await AssertShownAsync(job, place);
        await AssertPrunedAsync(job, place);
        await using Job again = Job.Run(place, [house.Tool.Mana, "restart", "--bundle", Mpi.Mpich.Name, .. Job.Hurry, Name], Limit);
        Outcome end = await again.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Steps), stopped.Output + end.Output);
    }

    private static int Newest(Job.Place place) => place.Committed is [.., { } last] ? int.Parse(last[^4..]) : 0;

    /// <summary>At least twice, since the job ran longer than two seconds; to its end.</summary>
    private static void AssertWatched(Outcome watched)
    {
        Assert.True(watched is { ExitCode: 0, TimedOut: false }, watched.ToString());
        string[] lines = watched.Output.Split('\n');
        Assert.True(lines.Count(l => l.StartsWith("job timed (process ", StringComparison.Ordinal)) >= 2, watched.ToString());
        Assert.Contains(lines, l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Rank", "Host", "Process", "Image", "Where"]);
        Assert.Contains(lines, l => l.StartsWith("1     ", StringComparison.Ordinal) && l.Contains("MiB", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("last checkpoint: ", StringComparison.Ordinal));
    }

    /// <summary>One JSON document after the other, each with the place of every rank.</summary>
    private static void AssertStacks(Outcome watched)
    {
        Assert.True(watched is { ExitCode: 0, TimedOut: false }, watched.ToString());
        List<JsonNode> seen = [];
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(watched.Output), new JsonReaderOptions { AllowMultipleValues = true });
        while (reader.Read()) seen.Add(JsonNode.Parse(ref reader)!);
        Assert.True(seen.Count >= 2, watched.ToString());
        Assert.All(seen, s => Assert.Equal(2, s["ranks"]!.AsArray().Count(r => ((string)r!["where"]!).Length > 0)));
    }

    private static async Task AssertListedAsync(Job job, Job.Place place)
    {
        JsonArray rows = JsonNode.Parse((await RequireAsync(job, "list", "--json")).Output)!.AsArray();
        Assert.Equal(place.Committed, rows.Select(r => (string)r!["folder"]!));
        Assert.All(rows, r => Assert.Equal((Name, 2, Path.GetFileName((string)r!["folder"]!)), ((string)r["job"]!, (int)r["ranks"]!, $"epoch-{(int)r["epoch"]!:D4}")));
        string[] table = (await RequireAsync(job, "list")).Output.TrimEnd().Split('\n');
        Assert.Equal(1 + Kept, table.Length);
        Assert.StartsWith("Job ", table[0], StringComparison.Ordinal);
        Assert.Contains("openmpi", table[1], StringComparison.Ordinal);
    }

    /// <summary>Of the newest, where none is named.</summary>
    private static async Task AssertShownAsync(Job job, Job.Place place)
    {
        JsonNode shown = JsonNode.Parse((await RequireAsync(job, "show", "--json")).Output)!;
        Assert.Equal((place.Committed[^1], Name, 2), ((string)shown["folder"]!, (string)shown["job"]!, shown["images"]!.AsArray().Count));
        Assert.Equal([Steps], shown["arguments"]!.AsArray().Select(a => (string)a!));
        Assert.Contains("[[image]]", (await RequireAsync(job, "show", Name)).Output, StringComparison.Ordinal);
        Outcome verified = await RequireAsync(job, "verify");
        Assert.Equal(2, verified.Output.Split('\n').Count(l => l.EndsWith("  good", StringComparison.Ordinal)));
        Assert.Contains(place.Committed[^1], verified.Output, StringComparison.Ordinal);
    }

    private static async Task AssertPrunedAsync(Job job, Job.Place place)
    {
        string oldest = place.Committed[0], newest = place.Committed[^1];
        Assert.Equal($"removed {oldest}\n", (await RequireAsync(job, "prune", "--keep", "1")).Errors);
        Assert.Equal([newest], place.Committed);
        Assert.StartsWith("there is nothing to remove in ", (await RequireAsync(job, "prune", "--keep", "1")).Errors, StringComparison.Ordinal);
    }

    private static async Task<Outcome> RequireAsync(Job job, params string[] words)
    {
        Outcome outcome = await job.ManaAsync(["images", .. words]);
        Assert.True(outcome is { ExitCode: 0, TimedOut: false }, outcome.ToString());
        return outcome;
    }
}
