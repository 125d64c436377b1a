using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>The freshly packed tool in a throw-away folder, with a home of its own and one MPICH bundle named "mpich".</summary>
public sealed class Installation : IAsyncLifetime, IDisposable
{
    private readonly Folder _folder = new();

    public string Home => _folder["home"];

    public string Work => _folder["work"];

    public string this[string name] => _folder["work/" + name];

    public string Tool => _folder["tool/mana"];

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Work);
        Outcome installed = await RunAsync(
            ["dotnet", "tool", "install", "mana", "--tool-path", _folder["tool"], "--source", Repository.Packages, "--no-cache"], TimeSpan.FromMinutes(3));
        Require(installed);
        Outcome created = await ManaAsync("bundle", "create", "mpich", "--backend", "mpich");
        Require(created);
        Assert.DoesNotContain("warning", created.Output + created.Errors, StringComparison.OrdinalIgnoreCase); // of gcc's; no flag of ours makes them errors at a site
        await File.WriteAllTextAsync(this["hello.c"], Hello);
        Require(await RunAsync(["mpicc.mpich", "hello.c", "-o", "hello"], TimeSpan.FromMinutes(1)));
    }

    /// <summary>Prints one line a rank.</summary>
    private const string Hello = """
        #include <mpi.h>
        #include <stdio.h>
        int main(int argc, char **argv) {
          int rank, size;
          MPI_Init(&argc, &argv);
          MPI_Comm_rank(MPI_COMM_WORLD, &rank);
          MPI_Comm_size(MPI_COMM_WORLD, &size);
          MPI_Allreduce(MPI_IN_PLACE, &rank, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
          printf("sum %d of %d\n", rank, size);
          return MPI_Finalize();
        }
        """;

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    public Task<Outcome> ManaAsync(params string[] words) => ManaAsync(new Dictionary<string, string?>(StringComparer.Ordinal), words);

    public Task<Outcome> ManaAsync(IReadOnlyDictionary<string, string?> variables, params string[] words) =>
        RunAsync([Tool, .. words], TimeSpan.FromMinutes(6), variables);

    public Task<Outcome> RunAsync(IReadOnlyList<string> words, TimeSpan limit, IReadOnlyDictionary<string, string?>? variables = null)
    {
        Dictionary<string, string?> environment = new(StringComparer.Ordinal)
        {
            ["MANA_HOME"] = Home,
            ["MANA_BACKEND"] = null,
            ["XDG_CONFIG_HOME"] = _folder["config"],
            ["OMPI_MCA_rmaps_base_oversubscribe"] = "1",
        };
        foreach ((string name, string? value) in variables ?? new Dictionary<string, string?>(StringComparer.Ordinal)) environment[name] = value;
        return Bounded.RunAsync(words, Work, environment, limit);
    }

    /// <summary>Writes an executable script into the work folder.</summary>
    public string Script(string name, string text)
    {
        string file = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }

    public static void Require(Outcome outcome) => Assert.True(outcome is { ExitCode: 0, TimedOut: false }, outcome.ToString());

    /// <summary>One block with these words, this exit code, and no stack trace.</summary>
    public static void Refused(Outcome outcome, int exitCode, params string[] words)
    {
        Assert.True(outcome.ExitCode == exitCode && !outcome.TimedOut, outcome.ToString());
        foreach (string word in words) Assert.Contains(word, outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("to do: ", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }
}

[CollectionDefinition(Name)]
public sealed class WithInstallation : ICollectionFixture<Installation>
{
    public const string Name = "with an installed tool";
}
