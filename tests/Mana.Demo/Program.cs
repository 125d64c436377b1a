using Mana.Testing;

// `make demo`: Debian's LAMMPS, linked with Open MPI, melts a crystal natively, then on mana's bundles of both MPIs, and the
// final positions and velocities of all atoms are compared byte for byte.
const int Ranks = 2;
string[] program =
    ["lmp", "-in", Path.Combine(Repository.Workloads, "lammps-melt.in"), "-var", "n", "15", "-var", "steps", "500", "-log", "log.lammps", "-screen", "none"];

using InstalledTool tool = await InstalledTool.InstallAsync(Say);
string expected = await MeltAsync("natively on Open MPI", Mpi.OpenMpi.Native(Ranks, program), Mpi.Environment);
int wrong = 0;
foreach (Mpi mpi in Mpi.All)
{
    IReadOnlyList<string> command = tool.Launch(mpi, Ranks, program);
    string got = await MeltAsync($"under mana, on {mpi}", command, tool.Environment);
    bool same = got == expected;
    wrong += same ? 0 : 1;
    Say(same ? $"  the same result as natively, to the last bit: {expected.Length} bytes" : "  NOT the native result");
}
Say(wrong == 0 ? "One program, built for Open MPI and never recompiled, ran on both MPIs with its native result." : "The demo failed.");
return wrong;

static void Say(string line) => Console.WriteLine(line);

static async Task<string> MeltAsync(string where, IReadOnlyList<string> command, IReadOnlyDictionary<string, string?> environment)
{
    Say($"melting 13,500 atoms {where}\n  $ {string.Join(' ', command.Select(Short))}");
    using Folder folder = new();
    Outcome outcome = await Bounded.RunAsync(command, folder.Path, environment, TimeSpan.FromMinutes(5));
    if (outcome.ExitCode != 0 || outcome.TimedOut) throw new InvalidOperationException(outcome.ToString());
    Say($"  done in {outcome.Duration.TotalSeconds:0.0} s; the last lines of its table:");
    string[] log = File.ReadAllLines(folder["log.lammps"]);
    int end = Array.FindIndex(log, l => l.StartsWith("Loop time", StringComparison.Ordinal));
    foreach (string line in log[Math.Max(0, end - 2)..Math.Max(0, end)]) Say("  " + line);
    return await File.ReadAllTextAsync(folder["dump.final"]);
}

static string Short(string word) => word.StartsWith('/') ? Path.GetFileName(word) : Bounded.Quote(word);
