using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Mana.Cli.Terminal;

namespace Mana.Cli.Commands;

/// <summary>All commands, each with its examples.</summary>
internal static class CommandTree
{
    public static RootCommand Make(Tool tool)
    {
        Dictionary<Command, string[]> examples = [];
        RootCommand root = new("mana runs unmodified MPI programs split from the MPI library of the site, checkpoints them, and restarts them on the same or another MPI.");
        Command bundle = new("bundle", "Makes and keeps bundles: one for each MPI of a machine, built once.");
        foreach (CommandWithExamples made in new[]
                 {
                     BundleCreate.Make(tool), BundleProbe.Make(tool), BundleBuild.Make(tool), BundleVerify.Make(tool), BundleList.Make(tool), BundleShow.Make(tool),
                     BundleExport.Make(tool), BundleImport.Make(tool), BundleRemove.Make(tool),
                 })
            Add(bundle, made, examples);
        Add(root, new CommandWithExamples(bundle, ["mana bundle create mpich --backend mpich", "mana bundle list"]), examples);
        (Command images, CommandWithExamples[] ofImages) = Images.Make(tool);
        foreach (CommandWithExamples made in ofImages) Add(images, made, examples);
        Add(root, new CommandWithExamples(images, ["mana images list", "mana images verify"]), examples);
        foreach (CommandWithExamples made in new[]
                 {
                     Launch.Make(tool), Checkpoint.Make(tool), Status.Make(tool), Restart.Make(tool), Bench.Make(tool), Doctor.Make(tool), Completion.Make(),
                 })
            Add(root, made, examples);
        examples[root] = ["mana bundle create mpich --backend mpich", "mana launch --backend mpich -n 4 -- ./simulation input.dat", "mana checkpoint --stop", "mana restart --backend openmpi", "mana doctor"];
        tool.Talk.AddTo(root);
        RefuseStrayWords(root);
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        SuggestDirective suggest = root.Directives.OfType<SuggestDirective>().Single();
        suggest.Action = new Suggestions(suggest);
        help.Action = new ExamplesHelp(examples, (HelpAction)help.Action!);
        return root;
    }

    /// <summary>No name, path or number is empty, and no name or path is a misspelled option; but for the program's own words.</summary>
    private static void RefuseStrayWords(Command command)
    {
        foreach (Option option in command.Options) option.Validators.Add(result => RefuseEmpty(result, result.Tokens, option.Name));
        foreach (Argument argument in command.Arguments.Where(a => a is not Argument<string[]>))
            argument.Validators.Add(result =>
            {
                RefuseEmpty(result, result.Tokens, argument.Name);
                if (Mistakes.OptionIn(result) is { } word) result.AddError($"{argument.Name} {word}: this is an option");
            });
        foreach (Command below in command.Subcommands) RefuseStrayWords(below);

        static void RefuseEmpty(SymbolResult result, IReadOnlyList<Token> words, string name)
        {
            if (words.Any(w => w.Value.Length == 0)) result.AddError($"{name}: the value is empty");
        }
    }

    private static void Add(Command parent, CommandWithExamples made, Dictionary<Command, string[]> examples)
    {
        parent.Add(made.Command);
        examples[made.Command] = made.Examples;
    }
}

internal sealed record CommandWithExamples(Command Command, string[] Examples);
