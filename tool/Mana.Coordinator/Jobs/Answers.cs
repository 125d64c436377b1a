using System.Text.Json.Nodes;
using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;

namespace Mana.Coordinator.Jobs;

/// <summary>What clients are told, as JSON: `mana status --json` and `mana checkpoint --json` print it as it is.</summary>
public static class Answers
{
    public static JsonObject Of(CheckpointOutcome outcome) => outcome.Error is { } error
        ? new JsonObject { ["committed"] = false, ["what"] = error.What, ["where"] = error.Where, ["to_do"] = error.ToDo, ["exit_code"] = error.ExitCode }
        : Described(outcome);

    public static JsonObject Of(JobCoordination job, bool withPlaces) => new()
    {
        ["state"] = job.State,
        ["size"] = job.Size,
        ["joined"] = job.Ranks.Count,
        ["missing"] = new JsonArray([.. job.Missing.Select(r => JsonValue.Create(r))]),
        ["remarks"] = new JsonArray([.. Remarks(job).Select(r => JsonValue.Create(r))]),
        ["last_checkpoint"] = job.LastCheckpoint is { } last ? Described(last) : null,
        ["ranks"] = new JsonArray([.. job.Ranks.Select(r => Of(r, withPlaces))]),
    };

    /// <summary>The error in an answer that says so.</summary>
    public static UserError ErrorOf(JsonNode answer) => new(
        (string?)answer["what"] ?? "the checkpoint failed", (string?)answer["to_do"] ?? "See what the job said.", (string?)answer["where"],
        (int?)answer["exit_code"] ?? ExitCodes.ManaFailed);

    /// <summary>What keeps the job from being checkpointed, for a person.</summary>
    private static IEnumerable<string> Remarks(JobCoordination job)
    {
        if (job.Gone is [{ } first, ..]) yield return CheckpointErrors.Incomplete(first.Rank).What;
        if (job.Missing.Count > 0)
        {
            yield return CheckpointErrors.Waiting(job.Missing);
            yield return CheckpointErrors.Unheard;
            foreach (string line in job.TurnedAway) yield return CheckpointErrors.TurnedAway(line);
        }
    }

    private static JsonObject Described(CheckpointOutcome outcome) => new()
    {
        ["committed"] = true,
        ["epoch"] = outcome.Epoch,
        ["folder"] = outcome.Folder,
        ["bytes"] = outcome.Bytes,
        ["seconds"] = Math.Round(outcome.Elapsed.TotalSeconds, 3),
        ["stopped"] = outcome.Stopped,
        ["warning"] = outcome.Warning,
    };

    private static JsonObject Of(RankState rank, bool withPlaces)
    {
        JsonObject json = new() { ["rank"] = rank.Rank, ["host"] = rank.Hello.Host, ["pid"] = rank.Hello.Pid };
        if (withPlaces) json["where"] = CheckpointErrors.Place(rank.Where);
        json["image_bytes"] = rank.LastImage?.Stored;
        json["image_milliseconds"] = rank.LastImage?.Milliseconds;
        return json;
    }
}
