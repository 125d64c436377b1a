namespace Mana.Api.Tests.Support;

/// <summary>The checkout the tests run from, and the description in it.</summary>
internal static class Repository
{
    private static readonly Lazy<ApiDescription> Loaded = new(() => ApiDescription.Load(ApiFolder));

    public static string Root { get; } = FindRoot();

    public static string ApiFolder => Path.Combine(Root, "native", "api");

    public static ApiDescription Description => Loaded.Value;

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Mana.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run inside a checkout of mana; no Mana.sln above them.");
    }
}

/// <summary>A folder that lives as long as one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mana-api-").FullName;

    public string Write(string name, string text)
    {
        string file = System.IO.Path.Combine(Path, name);
        File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
