using System.CommandLine;
using System.CommandLine.Parsing;
using Mana.Bundles.Launch;
using Mana.Bundles.Store;
using Mana.Cli.Terminal;
using Mana.Common.Errors;
using Mana.Coordinator.Jobs;

namespace Mana.Cli.Commands;

/// <summary>Runs a program split, in the foreground, as mpiexec does.</summary>
internal static class Launch
{
    private sealed record Options(
        Option<string?> Backend, Option<string?> Bundle, Option<int> Ranks, Option<string?> Syscalls, Option<string[]> LauncherArguments, Option<bool> DryRun,
        JobOptions Job, Argument<string[]> Program);

    public static CommandWithExamples Make(Tool tool)
    {
        Options o = new(
            Shared.Backend(tool),
            Shared.Bundle(tool),
            new Option<int>("-n") { Description = "Number of ranks.", DefaultValueFactory = _ => 1, HelpName = "N" },
            Shared.Syscalls("How system calls are steered: patch (the default, fast), or dispatch for programs with raw system calls."),
            new Option<string[]>("--launcher-arg") { Description = "Passed to the launcher as it is; may be repeated. An option that mana has, too: --launcher-arg=-v.", HelpName = "ARG", Arity = ArgumentArity.OneOrMore },
            new Option<bool>("--dry-run") { Description = "Print the launcher's command instead of running it." },
            new JobOptions(),
            new Argument<string[]>("PROGRAM") { Description = "After --: the program and its arguments.", Arity = ArgumentArity.OneOrMore });
        Command command = new("launch", "Runs an unmodified MPI program on a bundle.")
        {
            o.Backend, o.Bundle, o.Ranks, o.Syscalls, o.LauncherArguments, o.DryRun, o.Program,
        };
        o.Job.AddTo(command);
        command.SetAction((parsed, stop) => RunAsync(tool, parsed, o, stop));
        return new CommandWithExamples(command,
        [
            "mana launch -n 4 -- ./simulation input.dat",
            "mana launch --backend openmpi -n 16 -- lmp -in melt.lmp",
            "mana launch --bundle site -n 64 --launcher-arg --hostfile --launcher-arg hosts -- python3 job.py",
            "mana launch --interval 30m --keep 3 --job melt -n 64 -- ./simulation input.dat",
            "mana launch --dry-run -n 2 -- ./a.out",
        ]);
    }

    /// <summary>What stands before -- is mana's, what stands after it the program's: neither is guessed.</summary>
    private static void RequireDashes(ParseResult parsed, string[] words)
    {
        int dashes = parsed.Tokens.ToList().FindIndex(t => t.Type == TokenType.DoubleDash);
        if (dashes < 0 || parsed.Tokens.Count - dashes - 1 != words.Length) throw new UserErrorException(CliErrors.BeforeDashes(words[0]));
    }

    private static async Task<int> RunAsync(Tool tool, ParseResult parsed, Options o, CancellationToken stop)
    {
        int ranks = parsed.GetValue(o.Ranks);
        if (ranks < 1) throw new UserErrorException(CliErrors.Ranks(ranks));
        string? named = parsed.GetValue(o.Bundle), backend = parsed.GetValue(o.Backend);
        if (named is not null && backend is not null) throw new UserErrorException(CliErrors.Both("--bundle", "--backend"));
        RequireDashes(parsed, parsed.GetRequiredValue(o.Program));
        UserSettings settings = UserSettings.Read(tool.Home.Settings);
        string[] words = parsed.GetRequiredValue(o.Program);
        CheckedProgram program = await new ProgramCheck(tool.Candidates).RequireAsync(words[0], stop);
        Bundle bundle = new BundleChoice(tool.Bundles, tool.Backends).Choose(Shared.Wishes(new BundleWish(named, backend), settings), program.Abi);
        bundle.RequireFit();
        JobChoices choices = o.Job.Read(parsed, settings.Checkpoints, bundle.Manifest.Checkpoints);
        string[] exact = ExactText.Words(words);
        LaunchRequest request = new()
        {
            Program = exact[0],
            Arguments = exact[1..],
            ExactVariables = ExactText.Variables(),
            Ranks = ranks,
            Syscalls = parsed.GetValue(o.Syscalls) is "dispatch" ? SyscallSteering.Dispatch : SyscallSteering.Patch,
            Collectives = JobChoices.Strategy(choices.Collectives),
            LauncherArguments = [.. settings.LauncherArguments, .. parsed.GetValue(o.LauncherArguments) ?? []],
            Verbose = tool.Talk.Verbose ? 1 : 0,
            Compress = JobOptions.WordOf(choices.Compression),
            CheckpointSignal = (int?)choices.CheckpointSignal,
        };
        LaunchPlan Plan(string? file) => LaunchPlan.Make(bundle, request with { JobFile = file }, Environment.GetEnvironmentVariable, tool.IsRoot);
        if (parsed.GetValue(o.DryRun))
        {
            Output.Data(Plan(null).ToString());
            return ExitCodes.Success;
        }
        tool.Talk.Detail($"mana: {program.File} on bundle {Shared.Describe(bundle)}\nmana: {Plan(null)}");
        JobDescription job = new()
        {
            Job = choices.Name ?? new JobRegistry(tool.Home.Jobs, tool.Talk.Inform).DefaultName(words[0], choices.CheckpointDir),
            Program = words[0],
            Arguments = words[1..],
            WorkingDirectory = Environment.CurrentDirectory,
            Bundle = bundle.Name,
            Backend = bundle.Manifest.Backend,
            MpiVersion = bundle.Manifest.Version,
            ProgramAbi = program.Abi ?? "",
            Syscalls = request.Syscalls is SyscallSteering.Dispatch ? "dispatch" : "patch",
            Collectives = choices.Collectives ?? "clock",
        };
        return await new JobRun(tool, job, choices, ranks).RunAsync(choices.Settings(), Plan);
    }
}
