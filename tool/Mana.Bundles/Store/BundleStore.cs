using Mana.Common.Errors;

namespace Mana.Bundles.Store;

/// <param name="Name">Of its folder.</param>
/// <param name="Why">What keeps it from being read, and what mends it.</param>
public sealed record UnreadableBundle(string Name, UserError Why);

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

    /// <summary>Those that can be read; see <see cref="Unreadable"/>.</summary>
    public IReadOnlyList<Bundle> All() => [.. Opened().Select(o => o.Bundle).OfType<Bundle>().OrderBy(b => b.Name, StringComparer.Ordinal)];

    /// <summary>Those that are not among <see cref="All"/>, and why: they are damaged, or another release of mana's.</summary>
    public IReadOnlyList<UnreadableBundle> Unreadable() => [.. Opened().Select(o => o.Unreadable).OfType<UnreadableBundle>()];

    public Bundle Find(string name) => Bundle.Open(FolderOf(name));

    /// <summary>Removes a bundle of this user's, a damaged one too; those of the machine are not his to remove.</summary>
    public string Remove(string name)
    {
        string folder = FolderOf(name);
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(StoreErrors.FolderNotWritable(folder, e.Message), e);
        }
        return folder;
    }

    private string FolderOf(string name) =>
        home.BundleFolders.Select(f => Path.Combine(f, RequireName(name))).FirstOrDefault(Directory.Exists)
        ?? throw new UserErrorException(StoreErrors.NoSuchBundle(name, Folders().Select(f => Path.GetFileName(f)!), home.BundleFolders));

    private IEnumerable<(Bundle? Bundle, UnreadableBundle? Unreadable)> Opened() => Folders().DistinctBy(Path.GetFileName, StringComparer.Ordinal).Select(TryOpen);

    private static (Bundle? Bundle, UnreadableBundle? Unreadable) TryOpen(string folder)
    {
        try
        {
            return (Bundle.Open(folder), null);
        }
        catch (UserErrorException e)
        {
            return (null, new UnreadableBundle(Path.GetFileName(folder), e.Error));
        }
    }

    private IEnumerable<string> Folders() => home.BundleFolders.Where(Directory.Exists).SelectMany(Directory.GetDirectories)
        .Where(f => Bundle.IsOne(f) && !Path.GetFileName(f).StartsWith('.'));
}
