using Mana.Bundles.Backends;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;

namespace Mana.Bundles.Probe;

/// <summary>Finds a launcher and proves its flavour by what it says of itself: /usr/bin/mpiexec may be any MPI's.</summary>
public sealed class LauncherProbe(Candidates candidates)
{
    /// <summary>The first launcher of the backend's list that is there and of its flavour; null where there is none.</summary>
    public async Task<LauncherChoice?> FindAsync(Backend backend, string beside, CancellationToken stop)
    {
        foreach (LauncherRules rules in backend.Launchers)
            foreach (string file in candidates.Find(rules.Names, [Path.GetDirectoryName(beside)!, .. rules.Folders]))
                if (await IsFlavourAsync(file, rules, stop)) return new LauncherChoice { Path = file, Flavour = rules.Flavour };
        return null;
    }

    /// <summary>The flavour of a launcher that the user named, among those that this backend can use; null for a foreign one.</summary>
    public static async Task<LauncherRules?> FlavourOfAsync(Backend backend, string launcher, CancellationToken stop)
    {
        foreach (LauncherRules rules in backend.Launchers)
            if (await IsFlavourAsync(launcher, rules, stop)) return rules;
        return null;
    }

    private static async Task<bool> IsFlavourAsync(string file, LauncherRules rules, CancellationToken stop)
    {
        ChildCommand ask = new(file, rules.VersionArguments) { Limit = TimeSpan.FromSeconds(20) };
        ChildResult said = await Gateway.TryRunAsync(ask, stop);
        // The first line alone: further down, Hydra lists the launchers it was built with, slurm among them.
        string line = (said.Output + said.Error).TrimStart().Split('\n')[0];
        return rules.Says.Any(phrase => line.Contains(phrase, StringComparison.OrdinalIgnoreCase));
    }
}
