using Mana.Common.Toml;

namespace Mana.Bundles.Profile;

/// <summary>
/// What a user (in his configuration) or a site (in its profile) says once for the checkpoints of all jobs: the options of `mana launch` of these names.
/// Null where nothing is said.
/// </summary>
public sealed record CheckpointDefaults
{
    public static readonly IReadOnlyList<string> Codecs = ["none", "lz4", "zstd"];

    public string? Directory { get; init; }

    /// <summary>As --interval takes it.</summary>
    public string? Interval { get; init; }

    public int? Keep { get; init; }

    /// <summary>One of <see cref="Codecs"/>.</summary>
    public string? Compress { get; init; }

    /// <summary>Takes these keys of a section; null is a section that is not there.</summary>
    public static CheckpointDefaults Read(TomlSection? s) => s is null ? new CheckpointDefaults() : new CheckpointDefaults
    {
        Directory = s.Has("checkpoint_dir") ? s.Text("checkpoint_dir") : null,
        Interval = s.Has("interval") ? s.Text("interval") : null,
        Keep = s.Has("keep") ? (int)Math.Clamp(s.Number("keep"), 0, int.MaxValue) : null,
        Compress = s.Has("compress") ? s.Word("compress", Codecs) : null,
    };

    /// <summary>What is said, into the table that was begun.</summary>
    public void Write(TomlText text)
    {
        if (Directory is { } directory) text.Pair("checkpoint_dir", directory);
        if (Interval is { } interval) text.Pair("interval", interval);
        if (Keep is { } keep) text.Pair("keep", keep);
        if (Compress is { } compress) text.Pair("compress", compress);
    }
}
