using Mana.Bundles.Backends;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;
using Mana.Common.Errors;

namespace Mana.Bundles.Probe;

/// <summary>Finds a launcher and proves its flavour by what it says of itself: /usr/bin/mpiexec may be any MPI's.</summary>
public sealed class LauncherProbe(Candidates candidates)
{
    /// <summary>The first launcher of the backend's list that is there and of its flavour, the one beside the compiler wrapper before all others; null where there is none.</summary>
    public async Task<LauncherChoice?> FindAsync(Backend backend, string beside, CancellationToken stop)
    {
        foreach (LauncherRules rules in backend.Launchers)
            foreach (string file in candidates.Find(rules.Names, rules.Folders, first: Path.GetDirectoryName(beside)))
                if (IsFlavour(await AskAsync(file, rules, stop), rules)) return new LauncherChoice { Path = file, Flavour = rules.Flavour };
        return null;
    }

    /// <summary>The flavour of a launcher that the user named, among those that this backend can use; null for a foreign one.</summary>
    public static async Task<LauncherRules?> FlavourOfAsync(Backend backend, string launcher, CancellationToken stop)
    {
        foreach (LauncherRules rules in backend.Launchers)
        {
            ChildResult said = await AskAsync(launcher, rules, stop);
            if (said.ExitCode is Gateway.TimedOut or Gateway.NotStarted) throw new UserErrorException(ProbeErrors.SilentLauncher(launcher, rules.VersionArguments, said.ExitCode));
            if (IsFlavour(said, rules)) return rules;
        }
        return null;
    }

    private static Task<ChildResult> AskAsync(string file, LauncherRules rules, CancellationToken stop) =>
        Gateway.TryRunAsync(new ChildCommand(file, rules.VersionArguments) { Limit = TimeSpan.FromSeconds(20) }, stop);

    /// <summary>The first line alone: further down, Hydra lists the launchers it was built with, slurm among them.</summary>
    private static bool IsFlavour(ChildResult said, LauncherRules rules)
    {
        string line = (said.Output + said.Error).TrimStart().Split('\n')[0];
        return rules.Says.Any(phrase => line.Contains(phrase, StringComparison.OrdinalIgnoreCase));
    }
}
