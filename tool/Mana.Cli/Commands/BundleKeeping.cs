using System.CommandLine;
using System.Text.Json.Nodes;
using Mana.Bundles.Build;
using Mana.Bundles.Store;
using Mana.Cli.Terminal;
using Mana.Common.Errors;

namespace Mana.Cli.Commands;

internal static class BundleList
{
    public static CommandWithExamples Make(Tool tool)
    {
        Option<bool> json = Shared.Json();
        Command command = new("list", "Lists the bundles of this machine.") { json };
        command.SetAction(parsed =>
        {
            Listing listing = new(("name", "Name"), ("backend", "Backend"), ("version", "Version"), ("launcher", "Launcher"), ("fits", "Fits"), ("folder", "Folder"));
            foreach (Bundle bundle in tool.Bundles.All())
            {
                UserError? misfit = bundle.Misfit();
                listing.Add(bundle.Name, bundle.Manifest.Backend, bundle.Manifest.Version, bundle.Manifest.Launcher.Path, misfit is null ? "yes" : "no", bundle.Folder);
                if (misfit is not null) Output.Error(misfit);
            }
            foreach (UnreadableBundle unreadable in tool.Bundles.Unreadable()) Output.Error(unreadable.Why);
            listing.Write(parsed.GetValue(json), "there is no bundle yet; make one: mana bundle create NAME --backend mpich|openmpi|craympi");
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana bundle list", "mana bundle list --json"]);
    }
}

internal static class BundleShow
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string> name = Shared.BundleName(tool, existing: true);
        Option<bool> json = Shared.Json();
        Command command = new("show", "Shows what a bundle was built from and with.") { name, json };
        command.SetAction(parsed =>
        {
            Bundle bundle = tool.Bundles.Find(parsed.GetRequiredValue(name));
            if (parsed.GetValue(json)) Listing.WriteJson(Describe(bundle));
            else Console.Out.Write(File.ReadAllText(Path.Combine(bundle.Folder, BundleManifest.FileName)));
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana bundle show mpich", "mana bundle show mpich --json"]);
    }

    private static JsonObject Describe(Bundle bundle)
    {
        BundleManifest m = bundle.Manifest;
        return new JsonObject
        {
            ["name"] = bundle.Name,
            ["folder"] = bundle.Folder,
            ["backend"] = m.Backend,
            ["abi"] = m.Abi,
            ["version"] = m.Version,
            ["standard"] = m.Standard,
            ["thread_level"] = m.ThreadLevel,
            ["mana"] = m.Mana,
            ["launcher"] = new JsonObject { ["path"] = m.Launcher.Path, ["flavour"] = m.Launcher.Flavour },
            ["libraries"] = new JsonArray([.. m.Libraries.Select(l => new JsonObject { ["soname"] = l.Soname, ["path"] = l.Path, ["size"] = l.Size, ["build_id"] = l.BuildId })]),
            ["files"] = new JsonArray([.. m.Files.Select(f => new JsonObject { ["path"] = f.Path, ["size"] = f.Size, ["sha256"] = f.Sha256 })]),
        };
    }
}

internal static class BundleExport
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string> name = Shared.BundleName(tool, existing: true);
        Argument<string> file = new("FILE") { Description = "The archive to write (.tar.zst)." };
        Command command = new("export", "Packs a bundle into one file.") { name, file };
        command.SetAction(async (parsed, _) =>
        {
            await BundleArchive.ExportAsync(tool.Bundles.Find(parsed.GetRequiredValue(name)), parsed.GetRequiredValue(file), tool.Interruption.Watch());
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana bundle export mpich mpich.tar.zst"]);
    }
}

internal static class BundleImport
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string> file = new("FILE") { Description = "An archive written by `mana bundle export`." };
        Command command = new("import", "Unpacks a bundle that was exported, and checks it.") { file };
        command.SetAction(async (parsed, _) =>
        {
            Bundle bundle = await BundleArchive.ImportAsync(parsed.GetRequiredValue(file), tool.Home, tool.Interruption.Watch());
            tool.Talk.Inform($"bundle {Shared.Describe(bundle)} is in {bundle.Folder}");
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana bundle import mpich.tar.zst"]);
    }
}

internal static class BundleRemove
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string> name = Shared.BundleName(tool, existing: true);
        Command command = new("remove", "Removes a bundle.") { name };
        command.SetAction(parsed =>
        {
            tool.Talk.Inform("removed " + tool.Bundles.Remove(parsed.GetRequiredValue(name)));
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana bundle remove mpich"]);
    }
}
