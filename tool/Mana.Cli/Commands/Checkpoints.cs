using System.CommandLine;
using System.Text.Json.Nodes;
using Mana.Cli.Terminal;
using Mana.Common.Errors;
using Mana.Common.Words;
using Mana.Coordinator.Jobs;

namespace Mana.Cli.Commands;

/// <summary>Takes a checkpoint of a running job, and blocks until it is committed or has failed.</summary>
internal static class Checkpoint
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string?> job = Shared.Job(tool);
        Option<bool> stop = new("--stop") { Description = "End the job after it; `mana restart` goes on." };
        Option<string?> timeout = new("--timeout") { Description = "Give up after this time: 90s, 15m (5m).", HelpName = "TIME" };
        Option<bool> json = Shared.Json();
        Command command = new("checkpoint", "Takes a checkpoint of a running job.") { job, stop, timeout, json };
        command.SetAction(async (parsed, _) =>
        {
            JobRegistry jobs = new(tool.Home.Jobs, tool.Talk.Inform);
            JobFile found = jobs.Find(parsed.GetValue(job));
            TimeSpan limit = parsed.GetValue(timeout) is { } text ? Duration.Require("--timeout", text) : TimeSpan.Zero;
            JsonNode answer;
            try
            {
                answer = await CoordinatorClient.CheckpointAsync(found, parsed.GetValue(stop), limit, tool.Talk.Progress, tool.Interruption.Watch());
            }
            catch (OperationCanceledException)
            {
                Output.Message("mana: interrupted; a checkpoint that is under way goes on, but does not stop the job");
                return tool.Interruption.ExitCode;
            }
            if (parsed.GetValue(json)) Listing.WriteJson(answer);
            if (!(bool)answer["committed"]!) return parsed.GetValue(json) ? ExitCodes.ManaFailed : Output.Fail(Answers.ErrorOf(answer));
            if (!parsed.GetValue(json)) Output.Data((string)answer["folder"]!);
            if ((string?)answer["warning"] is { } warning) Output.Message("mana: " + warning);
            if ((bool)answer["stopped"]!) await jobs.WhenGoneAsync(found, tool.Interruption.Watch());
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana checkpoint", "mana checkpoint simulation --stop", "mana checkpoint --timeout 15m"]);
    }
}

/// <summary>How a running job is.</summary>
internal static class Status
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string?> job = Shared.Job(tool);
        Option<bool> watch = new("--watch") { Description = "Again every two seconds, until Ctrl-C or the job ends." };
        Option<bool> stacks = new("--stacks") { Description = "Ask every rank where it is." };
        Option<bool> json = Shared.Json();
        Command command = new("status", "Shows a running job: its ranks, its last checkpoint.") { job, watch, stacks, json };
        command.SetAction(async (parsed, _) =>
        {
            JobRegistry registry = new(tool.Home.Jobs, tool.Talk.Inform);
            JobFile found = registry.Find(parsed.GetValue(job));
            CancellationToken interrupt = tool.Interruption.Watch();
            await ShowAsync(found, parsed.GetValue(stacks), parsed.GetValue(json), interrupt);
            while (parsed.GetValue(watch))
            {
                try
                {
                    await Task.Delay(TimeSpan.FromSeconds(2), interrupt);
                }
                catch (OperationCanceledException)
                {
                    return tool.Interruption.ExitCode; // as its user is told to end it
                }
                if (!IsRunning(registry, found)) break;
                try
                {
                    await ShowAsync(found, parsed.GetValue(stacks), parsed.GetValue(json), interrupt);
                }
                catch (UserErrorException) when (!IsRunning(registry, found))
                {
                    // It has ended while it was asked.
                }
            }
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana status", "mana status simulation --stacks", "mana status --json"]);
    }

    private static bool IsRunning(JobRegistry registry, JobFile job) =>
        registry.Running().Any(j => string.Equals(j.Job, job.Job, StringComparison.Ordinal) && j.Port == job.Port);

    private static async Task ShowAsync(JobFile job, bool stacks, bool json, CancellationToken interrupt)
    {
        JsonNode answer = await CoordinatorClient.StatusAsync(job, stacks, interrupt);
        if (json) Listing.WriteJson(WithJob(job, answer));
        else Show(job, answer);
    }

    private static JsonObject WithJob(JobFile job, JsonNode answer)
    {
        JsonObject all = new() { ["job"] = job.Job, ["host"] = job.Process.Host, ["pid"] = job.Process.Pid, ["started"] = job.Started.ToString("O"), ["checkpoints"] = job.Checkpoints };
        foreach ((string key, JsonNode? value) in answer.AsObject()) all[key] = value?.DeepClone();
        return all;
    }

    private static void Show(JobFile job, JsonNode answer)
    {
        Output.Data($"job {job.Job} ({job.Process.Place}, started {job.Started.LocalDateTime:g}): {answer["state"]}");
        JsonNode? last = answer["last_checkpoint"];
        Output.Data(last is null ? $"no checkpoint of this run yet; they go to {job.Checkpoints}" : $"last checkpoint: {last["epoch"]} ({Size.Of((ulong)last["bytes"]!)}, {last["seconds"]} s) in {last["folder"]}");
        foreach (JsonNode? remark in answer["remarks"]!.AsArray()) Output.Data((string)remark!);
        Listing ranks = new(("rank", "Rank"), ("host", "Host"), ("pid", "Process"), ("image", "Image"), ("where", "Where"));
        foreach (JsonNode? rank in answer["ranks"]!.AsArray())
            ranks.Add(rank!["rank"]?.DeepClone(), rank["host"]?.DeepClone(), rank["pid"]?.DeepClone(), rank["image_bytes"] is { } b ? Size.Of((ulong)b) : "", rank["where"]?.DeepClone() ?? "");
        ranks.Write(json: false, "no rank has initialized MPI yet");
    }
}
