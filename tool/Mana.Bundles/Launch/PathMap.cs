using Mana.Common.Errors;

namespace Mana.Bundles.Launch;

/// <summary>Where files are at a restart: --map OLD=NEW, in the user's order. The same rule as native/state/path_map.c.</summary>
public sealed class PathMap
{
    private const int Most = 64;

    private readonly IReadOnlyList<(string Old, string New)> _pairs;

    private PathMap(IReadOnlyList<(string Old, string New)> pairs) => _pairs = pairs;

    public static PathMap None { get; } = new([]);

    /// <summary>OLD=NEW each, as mana-lower takes them.</summary>
    public IEnumerable<string> Assignments => _pairs.Select(p => $"{Full(p.Old)}={Full(p.New)}");

    /// <summary>OLD is a full path, for the program's folder is not this one; NEW may begin here.</summary>
    public static PathMap Require(IReadOnlyCollection<string> assignments)
    {
        if (assignments.Count > Most) throw new UserErrorException(PathMapErrors.TooMany(assignments.Count, Most));
        return new PathMap([.. assignments.Select(RequireOne)]);
    }

    /// <summary>Where a full path leads now: the first OLD that is the path, or a folder above it, is replaced.</summary>
    public string Apply(string path)
    {
        foreach ((string old, string now) in _pairs)
            if (path.StartsWith(old, StringComparison.Ordinal) && (path.Length == old.Length || path[old.Length] == '/'))
                return Full(now + path[old.Length..]);
        return path;
    }

    private static string Full(string path) => path.Length > 0 ? path : "/";

    /// <summary>Without slashes at the ends: of the root nothing is left, and every path lies below it.</summary>
    private static (string Old, string New) RequireOne(string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1 || equals == assignment.Length - 1 || assignment[0] != '/') throw new UserErrorException(PathMapErrors.NoMap(assignment));
        return (assignment[..equals].TrimEnd('/'), Path.GetFullPath(assignment[(equals + 1)..]).TrimEnd('/'));
    }
}

public static class PathMapErrors
{
    public static UserError NoMap(string assignment) => new(
        $"--map {assignment}: this is not OLD=NEW", "Give the full path OLD of a file or folder at the checkpoint, and where it is now.", ExitCode: ExitCodes.Usage);

    public static UserError TooMany(int count, int most) => new(
        $"--map is given {count} times, at most {most} are taken", "Map a folder above them.", ExitCode: ExitCodes.Usage);
}
