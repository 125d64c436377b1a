using System.Globalization;
using Mana.Testing;

namespace Mana.Bench;

/// <summary>Runs one command natively and under mana in turns, so that whatever else the machine does falls on both.</summary>
internal sealed class Runs(InstalledTool tool, Mpi mpi)
{
    public string Mpi => mpi.Name;

    /// <param name="prepare">Fills the empty folder of a run and gives the program's words.</param>
    /// <param name="read">Takes the values out of a finished run.</param>
    /// <returns>For each name that was read, the native and the mana values.</returns>
    public async Task<IReadOnlyDictionary<string, (List<double> Native, List<double> Mana)>> InTurnsAsync(
        int turns, int ranks, Func<Folder, string[]> prepare, Func<Folder, Outcome, IEnumerable<(string Name, double Value)>> read)
    {
        Dictionary<string, (List<double> Native, List<double> Mana)> values = new(StringComparer.Ordinal);
        for (int turn = 0; turn < turns; turn++)
        {
            // Who goes first changes, too.
            foreach (bool native in turn % 2 == 0 ? (bool[])[true, false] : [false, true])
            {
                using Folder folder = new();
                string[] program = prepare(folder);
                IReadOnlyList<string> words = native ? mpi.Native(ranks, program) : tool.Launch(mpi, ranks, program);
                Outcome outcome = await Bounded.RunAsync(words, folder.Path, tool.Environment, TimeSpan.FromMinutes(5));
                if (outcome.ExitCode != 0 || outcome.TimedOut) throw new InvalidOperationException(outcome.ToString());
                foreach ((string name, double value) in read(folder, outcome))
                {
                    if (!values.TryGetValue(name, out (List<double> Native, List<double> Mana) lists)) values[name] = lists = ([], []);
                    (native ? lists.Native : lists.Mana).Add(value);
                }
            }
        }
        return values;
    }

    /// <summary>"NAME VALUE" lines, as the programs of bench/programs print them.</summary>
    public static IEnumerable<(string Name, double Value)> Lines(Folder folder, Outcome outcome) =>
        outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Where(w => w.Length == 2)
            .Select(w => (w[0], double.Parse(w[1], CultureInfo.InvariantCulture)));
}
