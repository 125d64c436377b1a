using Mana.Common.Errors;

namespace Mana.Bundles.Store;

public static class StoreErrors
{
    public static UserError FolderNotWritable(string folder, string reason) => new(
        "a folder of mana's cannot be written: " + reason,
        "Make the folder writable, or set MANA_HOME to one that is.",
        folder);

    public static UserError NoSuchBundle(string name, IEnumerable<string> known, IEnumerable<string> folders) => new(
        $"there is no bundle named '{name}'",
        known.Any()
            ? "Use one of: " + string.Join(", ", known) + "; or make it: mana bundle create " + name + " --backend B"
            : $"Make one: mana bundle create {name} --backend mpich|openmpi|craympi",
        "looked in " + string.Join(", ", folders));

    public static UserError BundleExists(string name, string folder) => new(
        $"a bundle named '{name}' exists already",
        "Choose another name, or say --force to replace it.",
        folder);

    public static UserError NotReplaced(string target) => new(
        "what stands here is no bundle, and is not replaced by one",
        "Name a folder that is not there yet, or one that holds a bundle: --output DIR",
        target);

    public static UserError BadName(string name) => new(
        $"'{name}' cannot be a bundle's name",
        "Use letters, digits, '.', '_' and '-', starting with a letter or digit, at most 64.",
        ExitCode: ExitCodes.Usage);

    public static UserError NotABundle(string folder, string reason) => new(
        "this folder is not a complete bundle: " + reason,
        "Build it again: mana bundle create NAME --backend B --force",
        folder);
}
