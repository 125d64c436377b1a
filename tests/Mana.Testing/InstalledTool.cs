namespace Mana.Testing;

/// <summary>The freshly packed tool, installed as a user would into a throw-away folder, with a home of its own and a bundle for each MPI.</summary>
public sealed class InstalledTool : IDisposable
{
    /// <summary>A folder that another process has installed the tool in: it is copied, which is faster than to install it, as all parts of `make test` would.</summary>
    private const string Prepared = "MANA_TEST_TOOL";

    /// <summary>Where Open MPI keeps its segments.</summary>
    private const string Segments = "OMPI_MCA_btl_vader_backing_directory";

    private readonly Folder folder = new();

    /// <summary>Open MPI unlinks its segments at its end only; those of jobs that a test kills go with this folder.</summary>
    private readonly Folder? segments;

    private InstalledTool()
    {
        Dictionary<string, string?> environment = new(Mpi.Environment, StringComparer.Ordinal) { ["MANA_HOME"] = Home };
        if (System.Environment.GetEnvironmentVariable(Segments) is null) environment[Segments] = (segments = new Folder("/dev/shm")).Path;
        foreach (string setting in (string[])["MANA_BACKEND", "MANA_CHECKPOINT_DIR", "MANA_INTERVAL"]) environment[setting] = null;
        Environment = environment;
    }

    public string Home => folder["home"];

    public string Mana => folder["tool/mana"];

    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>Installs the one package in artifacts/ and makes the bundles, or copies what is prepared; what fails is told with the command and its output.</summary>
    public static async Task<InstalledTool> InstallAsync(Action<string> progress)
    {
        InstalledTool tool = new();
        try
        {
            if (System.Environment.GetEnvironmentVariable(Prepared) is { Length: > 0 } prepared)
                await tool.RequireAsync(["cp", "-a", prepared + "/.", tool.folder.Path], TimeSpan.FromMinutes(1));
            else
                await tool.InstallHereAsync(progress);
        }
        catch
        {
            tool.Dispose();
            throw;
        }
        return tool;
    }

    /// <summary>Processes that this one starts copy its tool instead of making their own; it has to outlive them.</summary>
    public void OfferToChildren()
    {
        System.Environment.SetEnvironmentVariable(Prepared, folder.Path);
        if (segments is not null) System.Environment.SetEnvironmentVariable(Segments, segments.Path);
    }

    private async Task InstallHereAsync(Action<string> progress)
    {
        progress("installing the packed tool");
        await RequireAsync(
            ["dotnet", "tool", "install", "mana", "--tool-path", folder["tool"], "--source", Repository.Packages, "--no-cache"], TimeSpan.FromMinutes(3));
        progress($"making bundles for {string.Join(", ", Mpi.All)}");
        // Beside each other: what each does with one core alone takes half of its time.
        await Task.WhenAll(Mpi.All.Select(mpi => RequireAsync([Mana, "bundle", "create", mpi.Name, "--backend", mpi.Name], TimeSpan.FromMinutes(8))));
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

    public void Dispose()
    {
        folder.Dispose();
        segments?.Dispose();
    }
}
