using System.CommandLine;
using System.CommandLine.Completions;
using Mana.Bundles.Launch;
using Mana.Bundles.Store;
using Mana.Coordinator.Jobs;

namespace Mana.Cli.Commands;

/// <summary>Options and arguments that several commands have.</summary>
internal static class Shared
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON instead of a table." };

    public static Option<string?> Backend(Tool tool)
    {
        Option<string?> option = new("--backend") { Description = "The MPI: mpich, openmpi, craympi, or the path of a backend's folder.", HelpName = "B" };
        option.CompletionSources.Add(_ => tool.Backends.Names.Select(n => new CompletionItem(n)));
        return option;
    }

    public static Argument<string> BundleName(Tool tool, bool existing)
    {
        Argument<string> argument = new("NAME") { Description = "Name of the bundle." };
        if (existing) argument.CompletionSources.Add(_ => Bundles(tool));
        return argument;
    }

    public static Option<string?> Bundle(Tool tool)
    {
        Option<string?> option = new("--bundle") { Description = "The bundle to run on.", HelpName = "NAME" };
        option.CompletionSources.Add(_ => Bundles(tool));
        return option;
    }

    private static IEnumerable<CompletionItem> Bundles(Tool tool) => tool.Bundles.All().Select(b => new CompletionItem(b.Name));

    public static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "FILE" };

    public static Option<string?> Mpicc() => new("--mpicc") { Description = "The MPI's compiler wrapper.", HelpName = "PATH" };

    public static Option<string?> Launcher() => new("--launcher") { Description = "The MPI's launcher (mpiexec, mpirun, srun, ...).", HelpName = "PATH" };

    public static string Describe(Bundle bundle) => $"{bundle.Name} ({bundle.Manifest.Backend} {bundle.Manifest.Version})";

    public static Argument<string?> Job(Tool tool)
    {
        Argument<string?> argument = new("JOB") { Description = "Name of the job; not needed when only one runs.", Arity = ArgumentArity.ZeroOrOne };
        argument.CompletionSources.Add(_ => new JobRegistry(tool.Home.Jobs, _ => { }).Running().Select(j => new CompletionItem(j.Job)));
        return argument;
    }

    public static Option<string?> Syscalls(string description)
    {
        Option<string?> option = new("--syscalls") { Description = description };
        option.AcceptOnlyFromAmong("patch", "dispatch");
        return option;
    }

    /// <summary>Which bundle the user wants: flags before the environment before his configuration.</summary>
    public static BundleWish[] Wishes(BundleWish flags, UserSettings settings) => [flags, new BundleWish(Backend: FromEnvironment("MANA_BACKEND")), settings.Wish];

    /// <summary>Null where a variable is not set, or empty.</summary>
    public static string? FromEnvironment(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
