using Mana.Bundles.Profile;
using Mana.Bundles.Store;
using Mana.Common.Errors;
using Mana.Common.Toml;

namespace Mana.Bundles.Launch;

/// <summary>What the user said about the bundle, by flag, environment or configuration.</summary>
public sealed record BundleWish(string? Bundle = null, string? Backend = null)
{
    public bool IsEmpty => Bundle is null && Backend is null;
}

/// <summary>The user's configuration, $XDG_CONFIG_HOME/mana/config.toml.</summary>
public sealed record UserSettings(BundleWish Wish, IReadOnlyList<string> LauncherArguments, CheckpointDefaults Checkpoints)
{
    public static UserSettings Read(string file)
    {
        if (!File.Exists(file)) return new UserSettings(new BundleWish(), [], new CheckpointDefaults());
        TomlSection root = TomlSection.Read(file);
        UserSettings settings = new(
            new BundleWish(root.Has("bundle") ? root.Text("bundle") : null, root.Has("backend") ? root.Text("backend") : null),
            root.Texts("launcher_args"),
            CheckpointDefaults.Read(root));
        root.Close();
        return settings;
    }
}

/// <summary>Flag, then environment, then configuration, then the only bundle there is, then the only one of the program's own ABI.</summary>
public sealed class BundleChoice(BundleStore store)
{
    public Bundle Choose(IEnumerable<BundleWish> wishes, string? programAbi)
    {
        BundleWish wish = wishes.FirstOrDefault(w => !w.IsEmpty) ?? new BundleWish();
        if (wish.Bundle is { } name) return store.Find(name);
        IReadOnlyList<Bundle> all = store.All();
        if (all.Count == 0) throw new UserErrorException(ChoiceErrors.None(wish.Backend));
        if (wish.Backend is { } backend)
            return Only(all, b => Same(b.Manifest.Backend, backend), b => Same(b.Name, backend)) ?? throw new UserErrorException(ChoiceErrors.Backend(backend, all));
        if (all.Count == 1) return all[0];
        return Only(all, b => Same(b.Manifest.Abi, programAbi), b => Same(b.Name, b.Manifest.Backend)) ?? throw new UserErrorException(ChoiceErrors.Ambiguous(all));
    }

    /// <summary>
    /// For a job that goes on where nobody says on which bundle: one that fits this machine. The bundle it ran on comes first, then those of the same
    /// backend, then those of the program's own ABI.
    /// </summary>
    /// <param name="recorded">The bundle it ran on.</param>
    /// <param name="backend">Of that bundle.</param>
    /// <param name="say">Told when it is another one, and why.</param>
    public Bundle ChooseFitting(string recorded, string backend, string? programAbi, Action<string> say)
    {
        IReadOnlyList<Bundle> all = store.All();
        List<string> reasons = all.Any(b => Same(b.Name, recorded)) ? [] : [$"the bundle '{recorded}', on which the job ran, is not here"];
        IEnumerable<Bundle> inOrder = all.OrderByDescending(b => Same(b.Name, recorded)).ThenByDescending(b => Same(b.Manifest.Backend, backend))
            .ThenByDescending(b => Same(b.Manifest.Abi, programAbi));
        foreach (Bundle bundle in inOrder)
        {
            if (bundle.Misfit() is { } misfit)
            {
                reasons.Add(misfit.What);
                continue;
            }
            if (reasons.Count > 0) say($"mana: {reasons[0]}\nmana: the job goes on with the bundle {bundle.Name} ({bundle.Manifest.Backend} {bundle.Manifest.Version})");
            return bundle;
        }
        throw new UserErrorException(ChoiceErrors.NoneFits(recorded, backend, reasons));
    }

    /// <summary>The only one that fits, or the only one of these that also bears the preferred name.</summary>
    private static Bundle? Only(IEnumerable<Bundle> all, Func<Bundle, bool> fits, Func<Bundle, bool> preferred)
    {
        Bundle[] fitting = [.. all.Where(fits)];
        if (fitting.Length == 1) return fitting[0];
        Bundle[] best = [.. fitting.Where(preferred)];
        return best.Length == 1 ? best[0] : null;
    }

    private static bool Same(string a, string? b) => string.Equals(a, b, StringComparison.Ordinal);
}

public static class ChoiceErrors
{
    public static UserError None(string? backend) => new(
        "there is no bundle yet, so there is no MPI to run on",
        $"Make one: mana bundle create {backend ?? "mpich"} --backend {backend ?? "mpich"}    (`mana doctor` tells which MPIs are here)");

    public static UserError Backend(string backend, IEnumerable<Bundle> all) => new(
        all.Any(b => string.Equals(b.Manifest.Backend, backend, StringComparison.Ordinal)) ? $"several bundles are of the backend '{backend}'" : $"no bundle is of the backend '{backend}'",
        "Name the bundle: --bundle NAME; or make one: mana bundle create NAME --backend mpich|openmpi|craympi",
        Listing(all));

    public static UserError Ambiguous(IEnumerable<Bundle> all) => new(
        "there are several bundles, and nothing says which to use",
        "Say --backend B or --bundle NAME, set MANA_BACKEND, or put backend = \"B\" into the configuration.",
        Listing(all),
        ExitCodes.Usage);

    public static UserError NoneFits(string recorded, string backend, IEnumerable<string> reasons) => new(
        "no bundle fits this machine, so there is no MPI to go on with",
        $"Make one: mana bundle create {recorded} --backend {backend} --force    (any MPI will do; `mana doctor` tells which are here)",
        string.Join('\n', reasons));

    private static string Listing(IEnumerable<Bundle> all) => "bundles: " + string.Join(", ", all.Select(b => $"{b.Name} ({b.Manifest.Backend})"));
}
