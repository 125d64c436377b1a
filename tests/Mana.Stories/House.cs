using System.Collections.Concurrent;
using Mana.Testing;
using Xunit;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
// A job spins on every core it has: more than the two parts of `make test` beside each other would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Mana.Stories;

/// <summary>What all stories share: the installed tool, the programs built for both MPIs, and what they say natively (asked once).</summary>
public sealed class House : IAsyncLifetime, IDisposable
{
    /// <summary>A story's milliseconds a step: the fewest that it takes (story.h).</summary>
    public const string FullSpeed = "2";

    private readonly ConcurrentDictionary<string, Outcome> natives = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> results = new(StringComparer.Ordinal);
    private readonly Folder water = new();
    private readonly SemaphoreSlim waterIsMade = new(1);
    private InstalledTool? tool;

    public InstalledTool Tool => tool ?? throw new InvalidOperationException("the house is not ready");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Repository.Root, "build"));
        foreach (Mpi mpi in Mpi.All)
        {
            // Another part of `make test` may have begun, too.
            foreach (string programs in (string[])[Repository.Programs, Repository.CheckpointStories])
            {
                Outcome made = await Bounded.RunAsync(
                    ["flock", Path.Combine(Repository.Root, "build", "house.lock"), "make", "-s", $"-j{Environment.ProcessorCount}", "-C", programs, "MPI=" + mpi.Name], Repository.Root, Mpi.Environment, TimeSpan.FromMinutes(5));
                if (made.ExitCode != 0) throw new InvalidOperationException(made.ToString());
            }
        }
        tool = await InstalledTool.InstallAsync(_ => { });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        tool?.Dispose();
        water.Dispose();
        waterIsMade.Dispose();
    }

    /// <summary>A program of tests/programs as its user built it for one MPI.</summary>
    public static string Program(string name, Mpi builtFor) => Path.Combine(Repository.Root, "build", "programs", builtFor.Name, name);

    /// <summary>A story of tests/ckpt as its user built it for one MPI.</summary>
    public static string CheckpointStory(string name, Mpi builtFor) => Path.Combine(Repository.Root, "build", "ckpt", builtFor.Name, name);

    /// <summary>What a program says natively, in an empty folder of its own.</summary>
    public async Task<Outcome> NativeAsync(Mpi mpi, int ranks, TimeSpan limit, params string[] program)
    {
        string key = string.Join('\n', [mpi.Name, ranks.ToString(), .. program]);
        if (natives.TryGetValue(key, out Outcome? known)) return known;
        using Folder folder = new();
        Outcome outcome = await Bounded.RunAsync(mpi.Native(ranks, program), folder.Path, NativeEnvironmentIn(folder, new Dictionary<string, string?>()), limit);
        natives[key] = outcome;
        return outcome;
    }

    /// <summary>
    /// What a checkpoint story says when nothing interrupts it: the same on either MPI and at any pace, so asked once, of Open MPI, whose waiting ranks leave their cores to
    /// others, at the highest pace.
    /// </summary>
    public async Task<string> NativeStoryAsync(string story, int ranks, params string[] arguments)
    {
        if (arguments.Length == 1) arguments = [.. arguments, FullSpeed];
        string key = string.Join('\n', ["story", story, ranks.ToString(), .. arguments]);
        if (results.TryGetValue(key, out string? known)) return known;
        using Folder folder = new();
        Outcome outcome = await Bounded.RunAsync(
            Mpi.OpenMpi.Native(ranks, [CheckpointStory(story, Mpi.OpenMpi), .. arguments]), folder.Path, NativeEnvironmentIn(folder, Checkpoints.Stories.Environment), TimeSpan.FromMinutes(2));
        if (outcome.ExitCode != 0 || outcome.TimedOut) throw new InvalidOperationException("natively already:\n" + outcome);
        return results[key] = outcome.Output;
    }

    /// <summary>The result of a program of Debian's, all of them built for Open MPI, asked once.</summary>
    public async Task<string> NativeResultAsync(Workload workload, int ranks)
    {
        string key = $"{workload.Name}\n{ranks}";
        using Folder folder = new();
        IReadOnlyList<string> words = workload.Prepare(folder);
        key += string.Join('\n', words);
        if (results.TryGetValue(key, out string? known)) return known;
        Outcome outcome = await Bounded.RunAsync(Mpi.OpenMpi.Native(ranks, words), folder.Path, NativeEnvironmentIn(folder, workload.Environment), TimeSpan.FromMinutes(5));
        if (outcome.ExitCode != 0 || outcome.TimedOut) throw new InvalidOperationException("natively already:\n" + outcome);
        await File.WriteAllTextAsync(folder["stdout"], outcome.Output);
        string result = workload.Result(folder);
        if (string.IsNullOrWhiteSpace(result)) throw new InvalidOperationException("no result:\n" + outcome);
        return results[key] = result;
    }

    /// <summary>What a job under mana gets that runs in a folder: some programs leave temporary files behind, and these go with the folder.</summary>
    public IReadOnlyDictionary<string, string?> EnvironmentIn(Folder folder, IReadOnlyDictionary<string, string?> more) => With(Tool.Environment, folder, more);

    /// <summary>The same for a native job. Besides, of two jobs of Open MPI that make their session folder in the same place at the same moment one ends with an error.</summary>
    internal static Dictionary<string, string?> NativeEnvironmentIn(Folder folder, IReadOnlyDictionary<string, string?> more) => With(Mpi.Environment, folder, more);

    private static Dictionary<string, string?> With(IReadOnlyDictionary<string, string?> usual, Folder folder, IReadOnlyDictionary<string, string?> more)
    {
        Dictionary<string, string?> environment = new(usual, StringComparer.Ordinal) { ["TMPDIR"] = folder.Path };
        foreach ((string name, string? value) in more) environment[name] = value;
        return environment;
    }

    /// <summary>The input of a GROMACS run: a small, minimised box of water, made once.</summary>
    public async Task<string> WaterBoxAsync()
    {
        string input = water["topol.tpr"];
        await waterIsMade.WaitAsync();
        try
        {
            if (!File.Exists(input)) await MakeWaterBoxAsync();
        }
        finally
        {
            waterIsMade.Release();
        }
        return input;
    }

    private async Task MakeWaterBoxAsync()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Workloads, "water"))) File.Copy(file, water[Path.GetFileName(file)], overwrite: true);
        string[] steps =
        [
            "solvate -cs spc216.gro -box 3.5 3.5 3.5 -o conf.gro -p topol.top",
            "grompp -f em.mdp -c conf.gro -p topol.top -o em.tpr -maxwarn 5",
            "mdrun -s em.tpr -deffnm em -ntmpi 1 -ntomp 1",
            "grompp -f md.mdp -c em.gro -p topol.top -o topol.tpr -maxwarn 5",
        ];
        foreach (string step in steps)
        {
            Outcome outcome = await Bounded.RunAsync(["gmx", .. step.Split(' ')], water.Path, Mpi.Environment, TimeSpan.FromMinutes(3));
            if (outcome.ExitCode != 0) throw new InvalidOperationException(outcome.ToString());
        }
    }

    /// <summary>What a program says under mana, in an empty folder of its own.</summary>
    public async Task<Outcome> UnderManaAsync(Mpi bundle, int ranks, TimeSpan limit, params string[] program)
    {
        using Folder folder = new();
        return await Tool.RunAsync(Tool.Launch(bundle, ranks, program), folder.Path, limit);
    }
}

[CollectionDefinition(Name)]
public sealed class InTheHouse : ICollectionFixture<House>
{
    public const string Name = "house";
}
