namespace Mana.Testing;

/// <summary>The freshly packed tool, installed as a user would into a throw-away folder, with a home of its own and a bundle for each MPI.</summary>
public sealed class InstalledTool : IDisposable
{
    private readonly Folder folder = new();

    private InstalledTool()
    {
        Dictionary<string, string?> environment = new(Mpi.Environment, StringComparer.Ordinal) { ["MANA_HOME"] = Home };
        foreach (string setting in (string[])["MANA_BACKEND", "MANA_CHECKPOINT_DIR", "MANA_INTERVAL"]) environment[setting] = null;
        Environment = environment;
    }

    public string Home => folder["home"];

    public string Mana => folder["tool/mana"];

    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>Installs the one package in artifacts/ and makes the bundles; what fails is told with the command and its output.</summary>
    public static async Task<InstalledTool> InstallAsync(Action<string> progress)
    {
        InstalledTool tool = new();
        try
        {
            progress("installing the packed tool");
            await tool.RequireAsync(
                ["dotnet", "tool", "install", "mana", "--tool-path", tool.folder["tool"], "--source", Repository.Packages, "--no-cache"], TimeSpan.FromMinutes(3));
            foreach (Mpi mpi in Mpi.All)
            {
                progress($"making a bundle for {mpi}");
                await tool.RequireAsync([tool.Mana, "bundle", "create", mpi.Name, "--backend", mpi.Name], TimeSpan.FromMinutes(8));
            }
        }
        catch
        {
            tool.Dispose();
            throw;
        }
        return tool;
    }

    /// <summary>The command that runs a program under mana.</summary>
    public IReadOnlyList<string> Launch(Mpi bundle, int ranks, IEnumerable<string> program, params string[] options) =>
        [Mana, "launch", "--bundle", bundle.Name, "-n", ranks.ToString(), .. options, "--", .. program];

    public Task<Outcome> RunAsync(IReadOnlyList<string> words, string? workFolder = null, TimeSpan? limit = null, string? input = null) =>
        Bounded.RunAsync(words, workFolder ?? folder.Path, Environment, limit ?? TimeSpan.FromMinutes(2), input);

    private async Task RequireAsync(IReadOnlyList<string> words, TimeSpan limit)
    {
        Outcome outcome = await RunAsync(words, limit: limit);
        if (outcome.TimedOut || outcome.ExitCode != 0) throw new InvalidOperationException(outcome.ToString());
    }

    public void Dispose() => folder.Dispose();
}
