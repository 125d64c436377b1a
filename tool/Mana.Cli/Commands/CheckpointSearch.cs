using Mana.Common.Errors;
using Mana.Coordinator.Jobs;

namespace Mana.Cli.Commands;

/// <summary>Checkpoints on disk, by what a user names: an epoch's folder, a job's, a folder of jobs, or a job's name.</summary>
internal static class CheckpointSearch
{
    /// <summary>The newest committed one that is meant.</summary>
    /// <param name="what">Null: any job of <paramref name="dir"/>.</param>
    public static EpochFolder Find(string? what, string dir)
    {
        string place = Path.GetFullPath(what is null ? dir : Directory.Exists(what) && !IsName(what, dir) ? what : Path.Combine(dir, what));
        return All(place).Where(e => e.Committed).MaxBy(e => File.GetLastWriteTimeUtc(e.Manifest)) ?? throw new UserErrorException(CliErrors.NoCheckpoint(place));
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
    private static bool IsName(string what, string dir) => All(what).Count == 0 && Directory.Exists(Path.Combine(dir, what));
}
