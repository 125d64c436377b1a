using System.Text.Json.Nodes;
using Mana.Testing;

// `make demo`: Debian's LAMMPS, linked with Open MPI, melts a crystal natively. Then it is started once more under mana, on Open MPI, stopped by a
// checkpoint in the middle, and restarted on MPICH; the final positions and velocities of all atoms are compared byte for byte.
const int Ranks = 2;
const string Job = "melt";
string[] program =
    ["lmp", "-in", Path.Combine(Repository.Workloads, "lammps-melt.in"), "-var", "n", "15", "-var", "steps", "1000", "-log", "log.lammps", "-screen", "none"];

using InstalledTool tool = await InstalledTool.InstallAsync(Say);

using Folder native = new();
Outcome whole = await RunAsync("melting 13,500 atoms natively, on Open MPI", Mpi.OpenMpi.Native(Ranks, program), native, Mpi.Environment);
Require(whole, 0);
ShowTable(native);

using Folder folder = new();
Task<Outcome> job = RunAsync($"the same under mana, on {Mpi.OpenMpi}", tool.Launch(Mpi.OpenMpi, Ranks, program, "--job", Job), folder, tool.Environment);
await WaitUntilUnderWayAsync();
await Task.Delay(whole.Duration * 0.4);
Require(await RunAsync("a checkpoint, which stops it", [tool.Mana, "checkpoint", Job, "--stop", "-v"], folder, tool.Environment), 0);
Require(await job, 85);
if (File.Exists(folder["dump.final"])) throw new InvalidOperationException("the program had ended before the checkpoint");
ShowTable(folder);

Outcome restarted = await RunAsync($"restarted, on {Mpi.Mpich}", [tool.Mana, "restart", "--bundle", Mpi.Mpich.Name, Job], folder, tool.Environment);
Require(restarted, 0);
ShowTable(folder);

byte[] expected = await File.ReadAllBytesAsync(native["dump.final"]), got = await File.ReadAllBytesAsync(folder["dump.final"]);
bool same = expected.AsSpan().SequenceEqual(got);
Say(same
    ? $"One program, never recompiled, began on Open MPI and ended on MPICH, with its native result to the last bit: dump.final, {expected.Length} bytes."
    : $"The demo failed: dump.final ({got.Length} bytes) is not the native one ({expected.Length} bytes).");
return same ? 0 : 1;

static void Say(string line) => Console.WriteLine(line);

static async Task<Outcome> RunAsync(string what, IReadOnlyList<string> command, Folder folder, IReadOnlyDictionary<string, string?> environment)
{
    Say($"{what}\n  $ {string.Join(' ', command.Select(Short))}");
    // What mana says of its progress is seen as it is said.
    Outcome outcome = await Bounded.RunAsync(command, folder.Path, environment, TimeSpan.FromMinutes(5), heard: line => Say("  " + line));
    foreach (string line in outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) Say("  " + line);
    if (outcome.ExitCode == 0) Say($"  done in {outcome.Duration.TotalSeconds:0.0} s");
    return outcome;
}

static void Require(Outcome outcome, int code)
{
    if (outcome.ExitCode != code || outcome.TimedOut) throw new InvalidOperationException(outcome.ToString());
}

async Task WaitUntilUnderWayAsync()
{
    for (string? state = null; state != "running"; await Task.Delay(50))
    {
        if (job.IsCompleted) throw new InvalidOperationException((await job).ToString());
        Outcome status = await tool.RunAsync([tool.Mana, "status", Job, "--json"]);
        state = status.ExitCode == 0 ? (string?)JsonNode.Parse(status.Output)?["state"] : null;
    }
}

// The last lines that the program has written of its table.
static void ShowTable(Folder folder)
{
    string[] log = File.Exists(folder["log.lammps"]) ? File.ReadAllLines(folder["log.lammps"]) : [];
    int end = Array.FindIndex(log, l => l.StartsWith("Loop time", StringComparison.Ordinal));
    if (end < 0) end = log.Length;
    foreach (string line in log[Math.Max(0, end - 2)..end]) Say("  | " + line);
}

static string Short(string word) => word.StartsWith('/') ? Path.GetFileName(word) : Bounded.Quote(word);
