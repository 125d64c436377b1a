using Mana.Common.Errors;

namespace Mana.Bundles.Backends;

/// <summary>The backends this tool knows: folders of data in the user's configuration and in the tool, or one named by path.</summary>
public sealed class BackendCatalog(IReadOnlyList<string> folders)
{
    public IReadOnlyList<string> Names =>
        [.. folders.Where(Directory.Exists).SelectMany(Directory.GetDirectories).Where(IsBackend)
            .Select(f => Path.GetFileName(f)!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <param name="name">A name, or the path of a folder with a backend.toml (recognised by its slash).</param>
    public Backend Find(string name)
    {
        IEnumerable<string> candidates = name.Contains('/', StringComparison.Ordinal)
            ? [Path.GetFullPath(name)]
            : folders.Select(folder => Path.Combine(folder, name));
        string found = candidates.FirstOrDefault(IsBackend)
            ?? throw new UserErrorException(BackendErrors.Unknown(name, Names));
        return BackendReader.Read(found);
    }

    /// <summary>Reads the backend of a folder.</summary>
    public static Backend Read(string folder) => BackendReader.Read(folder);

    private static bool IsBackend(string folder) => File.Exists(Path.Combine(folder, "backend.toml"));
}

public static class BackendErrors
{
    public static UserError Unknown(string name, IEnumerable<string> known) => new(
        $"there is no backend named '{name}'",
        "Use one of: " + string.Join(", ", known) + "; or give the path of a folder with a backend.toml.",
        ExitCode: ExitCodes.Usage);
}
