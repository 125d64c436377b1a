using Mana.Common.Errors;
using Mana.Common.Toml;
using Mana.Common.Words;

namespace Mana.Bundles.Profile;

/// <summary>
/// What a user (in his configuration) or a site (in its profile) says once for the checkpoints of all jobs: the options of `mana launch` of these names.
/// Null where nothing is said.
/// </summary>
public sealed record CheckpointDefaults
{
    public static readonly IReadOnlyList<string> Codecs = ["none", "lz4", "zstd"];

    /// <summary>The interval of a job that takes no checkpoints by the clock, whatever a weaker source says.</summary>
    public const string NoInterval = "none";

    public string? Directory { get; init; }

    /// <summary>As --interval takes it.</summary>
    public string? Interval { get; init; }

    /// <summary>As --timeout takes it.</summary>
    public string? Timeout { get; init; }

    public int? Keep { get; init; }

    /// <summary>One of <see cref="Codecs"/>.</summary>
    public string? Compress { get; init; }

    /// <summary>Takes these keys of a section; null is a section that is not there.</summary>
    public static CheckpointDefaults Read(TomlSection? s) => s is null ? new CheckpointDefaults() : new CheckpointDefaults
    {
        Directory = s.Has("checkpoint_dir") ? Valid(s, "checkpoint_dir", s.Text("checkpoint_dir"), t => t.Length > 0, "Name a folder.") : null,
        Interval = Time(s, "interval", NoInterval),
        Timeout = Time(s, "timeout"),
        Keep = s.Has("keep") ? (int)Valid(s, "keep", s.Number("keep"), n => n is > 0 and <= int.MaxValue, "Give a number from 1 upward.") : null,
        Compress = s.Has("compress") ? s.Word("compress", Codecs) : null,
    };

    /// <param name="word">May stand instead of a time.</param>
    private static string? Time(TomlSection s, string key, string? word = null) => s.Has(key)
        ? Valid(s, key, s.Text(key), t => string.Equals(t, word, StringComparison.Ordinal) || Duration.TryParse(t) is not null, Duration.Form) : null;

    private static T Valid<T>(TomlSection s, string key, T value, Predicate<T> isGood, string wanted) =>
        isGood(value) ? value : throw new UserErrorException(TomlErrors.BadValue(s.PlaceOf(key), key, $"\"{value}\"", wanted));

    /// <summary>What is said, into the table that was begun.</summary>
    public void Write(TomlText text)
    {
        if (Directory is { } directory) text.Pair("checkpoint_dir", directory);
        if (Interval is { } interval) text.Pair("interval", interval);
        if (Timeout is { } timeout) text.Pair("timeout", timeout);
        if (Keep is { } keep) text.Pair("keep", keep);
        if (Compress is { } compress) text.Pair("compress", compress);
    }
}
