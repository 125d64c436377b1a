using System.Collections.Concurrent;
using Mana.Testing;
using Xunit;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
// A job spins on every core it has: two at a time would only slow each other down, and time-outs would mean nothing.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Mana.Stories;

/// <summary>What all stories share: the installed tool, the programs built for both MPIs, and what they say natively (asked once).</summary>
public sealed class House : IAsyncLifetime, IDisposable
{
    private readonly ConcurrentDictionary<string, Outcome> natives = new(StringComparer.Ordinal);
    private readonly Folder water = new();
    private InstalledTool? tool;

    public InstalledTool Tool => tool ?? throw new InvalidOperationException("the house is not ready");

    public async Task InitializeAsync()
    {
        foreach (Mpi mpi in Mpi.All)
        {
            Outcome made = await Bounded.RunAsync(
                ["make", "-s", "-C", Repository.Programs, "MPI=" + mpi.Name], Repository.Root, Mpi.Environment, TimeSpan.FromMinutes(5));
            if (made.ExitCode != 0) throw new InvalidOperationException(made.ToString());
        }
        tool = await InstalledTool.InstallAsync(_ => { });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        tool?.Dispose();
        water.Dispose();
    }

    /// <summary>A program of tests/programs as its user built it for one MPI.</summary>
    public static string Program(string name, Mpi builtFor) => Path.Combine(Repository.Root, "build", "programs", builtFor.Name, name);

    /// <summary>What a program says natively, in an empty folder of its own.</summary>
    public async Task<Outcome> NativeAsync(Mpi mpi, int ranks, TimeSpan limit, params string[] program)
    {
        string key = string.Join('\n', [mpi.Name, ranks.ToString(), .. program]);
        if (natives.TryGetValue(key, out Outcome? known)) return known;
        using Folder folder = new();
        Outcome outcome = await Bounded.RunAsync(mpi.Native(ranks, program), folder.Path, Mpi.Environment, limit);
        natives[key] = outcome;
        return outcome;
    }

    /// <summary>The input of a GROMACS run: a small, minimised box of water, made once.</summary>
    public async Task<string> WaterBoxAsync()
    {
        string input = water["topol.tpr"];
        if (File.Exists(input)) return input;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Workloads, "water"))) File.Copy(file, water[Path.GetFileName(file)]);
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
        return input;
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
