using Mana.Bundles.Backends;
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
/// <param name="store">Where bundles are.</param>
/// <param name="backends">What a wish may name.</param>
public sealed class BundleChoice(BundleStore store, BackendCatalog backends)
{
    /// <summary>The bundle that is meant; whether it fits is not asked.</summary>
    /// <param name="wishes">What was said, the strongest first.</param>
    /// <param name="programAbi">Of the program; null where it is not known.</param>
    public Bundle Choose(IEnumerable<BundleWish> wishes, string? programAbi)
    {
        BundleWish wish = wishes.FirstOrDefault(w => !w.IsEmpty) ?? new BundleWish();
        if (wish.Bundle is { } name) return store.Find(name);
        IReadOnlyList<Bundle> all = store.All();
        if (wish.Backend is { } backend) return OfBackend(backend.Contains('/', StringComparison.Ordinal) ? backends.Find(backend).Name : backend, all);
        if (all.Count == 0) throw new UserErrorException(ChoiceErrors.None(store.Unreadable()));
        if (all.Count == 1) return all[0];
        return Only(all, b => Same(b.Manifest.Abi, programAbi), b => Same(b.Name, b.Manifest.Backend)) ?? throw new UserErrorException(ChoiceErrors.Ambiguous(all));
    }

    /// <summary>A bundle may be of a backend that this machine does not know: only a name that nothing has is a mistake.</summary>
    private Bundle OfBackend(string backend, IReadOnlyList<Bundle> all)
    {
        if (Only(all, b => Same(b.Manifest.Backend, backend), b => Same(b.Name, backend)) is { } only) return only;
        if (all.Any(b => Same(b.Manifest.Backend, backend))) throw new UserErrorException(ChoiceErrors.Several(backend, all));
        _ = backends.Find(backend);
        throw new UserErrorException(ChoiceErrors.NoneOf(backend, all, store.Unreadable()));
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
    public static UserError None(IReadOnlyList<UnreadableBundle> unreadable) => unreadable.Count > 0
        ? new("no bundle here can be read, so there is no MPI to run on", Again(unreadable), Reasons(unreadable))
        : new("there is no bundle yet, so there is no MPI to run on", "Make one: mana bundle create mpich --backend mpich    (`mana doctor` tells which MPIs are here)");

    public static UserError NoneOf(string backend, IReadOnlyCollection<Bundle> all, IReadOnlyList<UnreadableBundle> unreadable) => unreadable.Count > 0
        ? new($"no bundle of the backend '{backend}' can be read", $"{Again(unreadable)}\nor make another one: mana bundle create NAME --backend {backend}", string.Join('\n', [.. Bundles(all), Reasons(unreadable)]))
        : new($"no bundle is of the backend '{backend}'", $"Make one: mana bundle create NAME --backend {backend}", Bundles(all).FirstOrDefault());

    public static UserError Several(string backend, IReadOnlyCollection<Bundle> all) =>
        new($"several bundles are of the backend '{backend}'", "Name the bundle: --bundle NAME", Listing(all), ExitCodes.Usage);

    public static UserError Ambiguous(IEnumerable<Bundle> all) => new(
        "there are several bundles, and nothing says which to use",
        "Say --backend B or --bundle NAME, set MANA_BACKEND, or put backend = \"B\" into the configuration.",
        Listing(all),
        ExitCodes.Usage);

    public static UserError NoneFits(string recorded, string backend, IEnumerable<string> reasons) => new(
        "no bundle fits this machine, so there is no MPI to go on with",
        $"Make one: mana bundle create {recorded} --backend {backend} --force    (any MPI will do; `mana doctor` tells which are here)",
        string.Join('\n', reasons));

    private static string Again(IEnumerable<UnreadableBundle> unreadable) =>
        string.Join('\n', unreadable.Select(u => $"Build it again, as what it was: mana bundle create {u.Name} --backend B --force"));

    private static string Reasons(IEnumerable<UnreadableBundle> unreadable) => string.Join('\n', unreadable.Select(u => $"{u.Name}: {u.Why.What}"));

    private static string[] Bundles(IReadOnlyCollection<Bundle> all) => all.Count > 0 ? [Listing(all)] : [];

    private static string Listing(IEnumerable<Bundle> all) => "bundles: " + string.Join(", ", all.Select(b => $"{b.Name} ({b.Manifest.Backend})"));
}
