using Mana.Bundles.Build;
using Mana.Common.Errors;

namespace Mana.Bundles.Store;

/// <summary>The bundles of this machine: the user's, the machine's, the tool's. The first of a name wins.</summary>
public sealed class BundleStore(ManaHome home)
{
    private const int LongestName = 64;

    public static string RequireName(string name) =>
        name.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? name
            : throw new UserErrorException(StoreErrors.BadName(name));

    /// <summary>Where a bundle of this user's is made.</summary>
    public string FolderFor(string name) => Path.Combine(home.Bundles, RequireName(name));

    public IReadOnlyList<Bundle> All() =>
        [.. Folders().Select(Bundle.Open).DistinctBy(b => b.Name, StringComparer.Ordinal).OrderBy(b => b.Name, StringComparer.Ordinal)];

    public Bundle Find(string name)
    {
        RequireName(name);
        string? folder = home.BundleFolders.Select(f => Path.Combine(f, name)).FirstOrDefault(Directory.Exists);
        return folder is null
            ? throw new UserErrorException(StoreErrors.NoSuchBundle(name, Folders().Select(f => Path.GetFileName(f)!), home.BundleFolders))
            : Bundle.Open(folder);
    }

    /// <summary>Removes a bundle of this user's; those of the machine are not his to remove.</summary>
    public string Remove(string name)
    {
        Bundle bundle = Find(name);
        try
        {
            Directory.Delete(bundle.Folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(StoreErrors.FolderNotWritable(bundle.Folder, e.Message), e);
        }
        return bundle.Folder;
    }

    private IEnumerable<string> Folders() => home.BundleFolders.Where(Directory.Exists).SelectMany(Directory.GetDirectories)
        .Where(f => File.Exists(Path.Combine(f, BundleManifest.FileName)) && !Path.GetFileName(f).StartsWith('.'));
}
