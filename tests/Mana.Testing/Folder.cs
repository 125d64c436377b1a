namespace Mana.Testing;

/// <summary>A throw-away folder, gone when disposed.</summary>
public sealed class Folder : IDisposable
{
    private const string Prefix = "mana-test-";

    /// <summary>Where the machine keeps such folders.</summary>
    public Folder() => Path = Directory.CreateTempSubdirectory(Prefix).FullName;

    /// <param name="parent">Where it is made.</param>
    public Folder(string parent) => Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, Prefix + System.IO.Path.GetRandomFileName())).FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>What a killed process still writes there, at its end, must not make a failure of what has been seen: it is removed a little later, or left.</summary>
    public void Dispose()
    {
        for (int tries = 0; tries < 5 && Directory.Exists(Path); tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Somebody else's test of removal has been here.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Thread.Sleep(200);
            }
        }
    }
}
