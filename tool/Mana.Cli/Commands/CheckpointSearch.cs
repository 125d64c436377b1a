using Mana.Bundles.Launch;
using Mana.Common.Errors;
using Mana.Coordinator.Jobs;

namespace Mana.Cli.Commands;

/// <summary>Checkpoints on disk, by what a user names: an epoch's folder, a job's, a folder of jobs, or a job's name.</summary>
internal static class CheckpointSearch
{
    /// <summary>Where checkpoints are: where the user says, else by default, or where the profile of a bundle has them.</summary>
    /// <param name="flag">Of --checkpoint-dir.</param>
    public static IReadOnlyList<string> Places(Tool tool, string? flag) =>
        (flag ?? Shared.FromEnvironment("MANA_CHECKPOINT_DIR") ?? UserSettings.Read(tool.Home.Settings).Checkpoints.Directory) is { } said
            ? [said]
            : [.. tool.Bundles.All().Select(b => b.Manifest.Checkpoints.Directory).OfType<string>().Prepend(JobChoices.DefaultDir).Distinct(StringComparer.Ordinal)];

    /// <summary>The newest committed one that is meant: of a job, that of the highest epoch; of several jobs, the one that was committed last.</summary>
    /// <param name="what">Null: of any job in <paramref name="places"/>.</param>
    /// <param name="elsewhere">What a user says to name another folder of checkpoints.</param>
    public static EpochFolder Find(string? what, IReadOnlyList<string> places, string elsewhere) =>
        TryFind(what, places) ?? throw new UserErrorException(CliErrors.NoCheckpoint(Searched(what, places), elsewhere));

    /// <summary>As <see cref="Find"/>, to be restarted: those of other users do not count, for their programs would run as this one.</summary>
    /// <param name="what">As <see cref="Find"/> takes it.</param>
    /// <param name="places">Likewise.</param>
    /// <param name="elsewhere">Likewise.</param>
    /// <param name="force">Another user's is taken where there is no other, and its path was given.</param>
    public static EpochFolder FindOwn(string? what, IReadOnlyList<string> places, string elsewhere, bool force)
    {
        if (Newest(Committed(what, places).Where(e => e.IsOwn)) is { } own) return own;
        EpochFolder foreign = Find(what, places, elsewhere);
        return force && what is not null && Directory.Exists(what) ? foreign : throw new UserErrorException(CliErrors.Foreign(foreign.Path));
    }

    /// <summary>Null: there is none.</summary>
    public static EpochFolder? TryFind(string? what, IReadOnlyList<string> places) => Newest(Committed(what, places));

    private static IEnumerable<EpochFolder> Committed(string? what, IReadOnlyList<string> places) => Searched(what, places).SelectMany(All).Where(e => e.Committed);

    /// <summary>Times say nothing within a job, whose host's clock may have been set; and those of files nothing at all: copies have those of their copying.</summary>
    private static EpochFolder? Newest(IEnumerable<EpochFolder> all) =>
        all.GroupBy(e => Path.GetDirectoryName(e.Path), StringComparer.Ordinal).Select(job => job.MaxBy(e => e.Epoch)!).ToArray() is [_, _, ..] several
            ? several.MaxBy(TimeOf) : all.MaxBy(e => e.Epoch);

    /// <summary>One that is damaged is older than all.</summary>
    private static DateTimeOffset TimeOf(EpochFolder epoch)
    {
        try
        {
            return CheckpointManifest.Read(epoch.Manifest).Time;
        }
        catch (UserErrorException)
        {
            return DateTimeOffset.MinValue;
        }
    }

    private static string[] Searched(string? what, IReadOnlyList<string> places)
    {
        IEnumerable<string> meant = what is null ? places : Directory.Exists(what) && !IsName(what, places) ? [what] : places.Select(p => Path.Combine(p, what));
        return [.. meant.Select(Path.GetFullPath)];
    }

    /// <summary>All epochs at or below a folder, committed or not.</summary>
    public static IReadOnlyList<EpochFolder> All(string place)
    {
        place = Path.GetFullPath(place);
        if (EpochFolder.TryOpen(place) is { } one) return Directory.Exists(place) ? [one] : [];
        return [.. JobFolders(place).SelectMany(EpochFolder.Of)];
    }

    /// <summary>The place itself, where it holds epochs; else the folders in it that do.</summary>
    public static IReadOnlyList<string> JobFolders(string place)
    {
        if (!Directory.Exists(place)) return [];
        return EpochFolder.Of(place).Count > 0 ? [place] : [.. Directory.GetDirectories(place).Where(f => EpochFolder.Of(f).Count > 0).Order(StringComparer.Ordinal)];
    }

    /// <summary>A job's name wins over a folder here that is called the same, if it is one without checkpoints.</summary>
    private static bool IsName(string what, IEnumerable<string> places) => All(what).Count == 0 && places.Any(p => Directory.Exists(Path.Combine(p, what)));
}
