namespace Mana.Bundles.Store;

public static class Links
{
    /// <summary>The file a path leads to, with every symbolic link followed.</summary>
    public static string Target(string path)
    {
        FileInfo file = new(path);
        return file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName;
    }
}
