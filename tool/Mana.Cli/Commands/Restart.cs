using System.CommandLine;
using System.CommandLine.Completions;
using Mana.Bundles.Launch;
using Mana.Bundles.Store;
using Mana.Cli.Terminal;
using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;

namespace Mana.Cli.Commands;

/// <summary>Goes on from a checkpoint, in the foreground, as launch runs a program.</summary>
internal static class Restart
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string?> what = new("CHECKPOINT") { Description = "A checkpoint's folder, or a job; else the newest checkpoint.", Arity = ArgumentArity.ZeroOrOne };
        what.CompletionSources.Add(_ => CheckpointSearch.Places(tool, flag: null).SelectMany(CheckpointSearch.JobFolders).Select(f => new CompletionItem(Path.GetFileName(f))));
        Option<string?> backend = Shared.Backend(tool);
        Option<string?> named = Shared.Bundle(tool);
        Option<string[]> launcherArguments = new("--launcher-arg") { Description = "Passed to the launcher as it is; may be repeated. An option that mana has, too: --launcher-arg=-v.", HelpName = "ARG", Arity = ArgumentArity.OneOrMore };
        Option<int?> ranks = new("-n") { Description = "Number of ranks; that of the checkpoint, for no other can be.", HelpName = "N" };
        Option<string?> syscalls = Shared.Syscalls("How system calls are steered; as they were at the checkpoint, for no other way can be.");
        Option<string[]> variables = new("--env") { Description = "Changes a variable of the program's environment; may be repeated.", HelpName = "NAME=VALUE", Arity = ArgumentArity.OneOrMore };
        Option<string[]> map = new("--map") { Description = "The program's files and folders below the full path OLD are below NEW now; may be repeated.", HelpName = "OLD=NEW", Arity = ArgumentArity.OneOrMore };
        Option<bool> keepFiles = new("--keep-files") { Description = "Take files as they are: those that grew since the checkpoint are not cut back, those overwritten are not refused." };
        Option<bool> force = new("--force") { Description = "Even if the checkpoint's job, or one that was restarted from it, still runs; and if it belongs to another user." };
        Option<bool> dryRun = new("--dry-run") { Description = "Print the launcher's command instead of running it." };
        JobOptions job = new();
        Command command = new("restart", "Goes on from a checkpoint, on the same or on another MPI.")
        {
            what, backend, named, ranks, syscalls, variables, map, keepFiles, launcherArguments, force, dryRun,
        };
        job.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(named) is not null && parsed.GetValue(backend) is not null) throw new UserErrorException(CliErrors.Both("--bundle", "--backend"));
            UserSettings settings = UserSettings.Read(tool.Home.Settings);
            EpochFolder checkpoint = CheckpointSearch.FindOwn(parsed.GetValue(what), CheckpointSearch.Places(tool, job.Directory(parsed)), "--checkpoint-dir DIR", parsed.GetValue(force));
            CheckpointManifest manifest = CheckpointManifest.Read(checkpoint.Manifest);
            int recorded = manifest.Record.Images.Count;
            if (parsed.GetValue(ranks) is { } n && n != recorded) throw new UserErrorException(CliErrors.OtherRanks(n, recorded, checkpoint.Path));
            if (parsed.GetValue(syscalls) is { } steering && !string.Equals(steering, manifest.Job.Syscalls, StringComparison.Ordinal))
                throw new UserErrorException(CliErrors.OtherSyscalls(steering, manifest.Job.Syscalls, checkpoint.Path));
            PathMap moved = PathMap.Require(parsed.GetValue(map) ?? []);
            string folder = moved.Apply(manifest.Job.WorkingDirectory);
            Bundle bundle = Choose(tool, new BundleWish(parsed.GetValue(named), parsed.GetValue(backend)), settings, manifest.Job);
            // It goes on in the folder that its checkpoint lies in, unless the user names another: what is there under the name that the job began with may be another run's.
            string jobFolder = Path.GetDirectoryName(checkpoint.Path)!;
            JobChoices choices = job.Read(parsed, settings.Checkpoints, bundle.Manifest.Checkpoints with { Directory = Path.GetDirectoryName(jobFolder) }, manifest.Keep);
            string name = choices.Name ?? (JobRegistry.IsName(Path.GetFileName(jobFolder)) ? Path.GetFileName(jobFolder) : manifest.Job.Job);
            if (!Directory.Exists(folder)) throw new UserErrorException(CliErrors.WorkingDirectoryGone(folder, checkpoint.Path));
            LaunchRequest request = new()
            {
                Program = manifest.Job.Program,
                Ranks = recorded,
                Syscalls = manifest.Job.Syscalls is "dispatch" ? SyscallSteering.Dispatch : SyscallSteering.Patch,
                Collectives = JobChoices.Strategy(choices.Collectives ?? manifest.Job.Collectives),
                LauncherArguments = [.. settings.LauncherArguments, .. parsed.GetValue(launcherArguments) ?? []],
                Verbose = tool.Talk.Verbose ? 1 : 0,
                Compress = JobOptions.WordOf(choices.Compression),
                CheckpointSignal = (int?)choices.CheckpointSignal,
                Restart = new RestartFrom(checkpoint.Path, manifest.Record.ThreadLevel, folder)
                {
                    Moved = moved,
                    KeepFiles = parsed.GetValue(keepFiles),
                    AnyOwner = parsed.GetValue(force),
                    Variables = [.. (parsed.GetValue(variables) ?? []).Select(RequireVariable)],
                },
            };
            LaunchPlan Plan(string? file) => LaunchPlan.Make(bundle, request with { JobFile = file }, Environment.GetEnvironmentVariable, tool.IsRoot);
            if (parsed.GetValue(dryRun))
            {
                Output.Data(Plan(null).ToString());
                return ExitCodes.Success;
            }
            tool.Talk.Detail($"mana: {manifest.Job.Program} from {checkpoint.Path} on bundle {Shared.Describe(bundle)}");
            tool.Talk.Progress($"mana: the ranks read and verify their images, {Size.Of(manifest.Stored)} in all");
            JobDescription description = manifest.Job with
            {
                Job = name,
                WorkingDirectory = folder,
                Bundle = bundle.Name,
                Backend = bundle.Manifest.Backend,
                MpiVersion = bundle.Manifest.Version,
                Collectives = choices.Collectives ?? manifest.Job.Collectives,
            };
            JobSettings coordinator = choices.Settings() with { LastEpoch = manifest.Record.Epoch, Restart = manifest.Record };
            return await new JobRun(tool, description, choices, request.Ranks) { From = checkpoint.Path, Force = parsed.GetValue(force) }.RunAsync(coordinator, Plan);
        });
        return new CommandWithExamples(command,
        [
            "mana restart",
            "mana restart --backend openmpi simulation",
            "mana restart mana-checkpoints/simulation/epoch-0003 --interval 30m",
            "mana restart --map /scratch/old=/scratch/new simulation",
        ]);
    }

    private static string RequireVariable(string assignment) =>
        assignment.IndexOf('=', StringComparison.Ordinal) > 0 ? assignment : throw new UserErrorException(CliErrors.NoVariable(assignment));

    /// <summary>What the user says now, which must fit; else one that fits, the bundle it ran on first.</summary>
    private static Bundle Choose(Tool tool, BundleWish flags, UserSettings settings, JobDescription job)
    {
        BundleChoice choice = new(tool.Bundles, tool.Backends);
        string? abi = job.ProgramAbi.Length > 0 ? job.ProgramAbi : null;
        BundleWish[] wishes = Shared.Wishes(flags, settings);
        if (wishes.All(w => w.IsEmpty)) return choice.ChooseFitting(job.Bundle, job.Backend, abi, tool.Talk.Inform);
        Bundle bundle = choice.Choose(wishes, abi);
        bundle.RequireFit();
        return bundle;
    }
}
