using Mana.Bundles.Profile;
using Mana.Common.Errors;
using Mana.Common.Toml;

namespace Mana.Bundles.Build;

/// <summary>A library that the bundle was built with, by what tells one build of it from another.</summary>
/// <param name="Soname">Its DT_SONAME.</param>
/// <param name="Path">Full path, or a path below the bundle for a copy.</param>
/// <param name="Size">Bytes.</param>
/// <param name="BuildId">Hexadecimal; empty where the linker wrote none.</param>
public sealed record LibraryRecord(string Soname, string Path, long Size, string BuildId);

/// <summary>A file of the bundle. <paramref name="Sha256"/> is lower-case hexadecimal.</summary>
public sealed record FileRecord(string Path, long Size, string Sha256);

/// <summary>manifest.toml: what the bundle was built from and with.</summary>
public sealed record BundleManifest
{
    public const string FileName = "manifest.toml";

    /// <summary>Raised with every change after which a tool and a bundle of before do not fit: of this file, of SPLIT_ABI_VERSION, of the protocol, of mana-lower's options.</summary>
    public const int CurrentFormat = 3;

    public required string Backend { get; init; }

    /// <summary>The ABI of the applications that run on its MPI natively.</summary>
    public required string Abi { get; init; }

    public required string Version { get; init; }

    public required string Standard { get; init; }

    public required string ThreadLevel { get; init; }

    /// <summary>Version of the tool that built it.</summary>
    public required string Mana { get; init; }

    public required LauncherChoice Launcher { get; init; }

    /// <summary>What the launcher's path led to when the bundle was built: alternatives may point it at another MPI later.</summary>
    public required string LauncherTarget { get; init; }

    /// <summary>How its command line is built: copied from the backend, so that a bundle needs no backend folder to run.</summary>
    public required IReadOnlyList<string> Ranks { get; init; }

    public required IReadOnlyList<string> Always { get; init; }

    public bool SignalAsCode { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> RootEnvironment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> CheckEnvironment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Of the site profile.</summary>
    public CheckpointDefaults Checkpoints { get; init; } = new();

    public required IReadOnlyList<LibraryRecord> Libraries { get; init; }

    public required IReadOnlyList<FileRecord> Files { get; init; }
}

public static class ManifestText
{
    private static readonly WrittenFile s_written = new(BundleManifest.CurrentFormat, ManifestErrors.Format, ManifestErrors.Damaged);

    public static string Write(BundleManifest m)
    {
        TomlText text = new();
        text.Comment("Written by `mana bundle build`; checked whenever a job starts. Not to be edited: build the bundle again.")
            .Pair("format", BundleManifest.CurrentFormat).Pair("backend", m.Backend).Pair("abi", m.Abi).Pair("version", m.Version).Pair("standard", m.Standard)
            .Pair("thread_level", m.ThreadLevel).Pair("mana", m.Mana);
        text.Table("launcher").Pair("path", m.Launcher.Path).Pair("target", m.LauncherTarget).Pair("flavour", m.Launcher.Flavour).Pair("arguments", m.Launcher.Arguments)
            .Pair("ranks", m.Ranks).Pair("always", m.Always).Pair("signal_as_code", m.SignalAsCode);
        WritePairs(text, "environment", m.Environment);
        WritePairs(text, "root_environment", m.RootEnvironment);
        WritePairs(text, "check_environment", m.CheckEnvironment);
        text.Table("checkpoints");
        m.Checkpoints.Write(text);
        foreach (LibraryRecord l in m.Libraries)
            text.Item("library").Pair("soname", l.Soname).Pair("path", l.Path).Pair("size", l.Size).Pair("build_id", l.BuildId);
        foreach (FileRecord f in m.Files)
            text.Item("file").Pair("path", f.Path).Pair("size", f.Size).Pair("sha256", f.Sha256);
        return text.ToString();
    }

    public static BundleManifest Read(string file) => s_written.Read(file, Take);

    private static BundleManifest Take(TomlSection root)
    {
        TomlSection launcher = root.Section("launcher");
        TomlSection? checkpoints = root.SectionOrNull("checkpoints");
        BundleManifest manifest = new()
        {
            Backend = root.Text("backend"),
            Abi = root.Text("abi"),
            Version = root.Text("version"),
            Standard = root.Text("standard"),
            ThreadLevel = root.Text("thread_level"),
            Mana = root.Text("mana"),
            Launcher = new LauncherChoice { Path = launcher.Text("path"), Flavour = launcher.Text("flavour"), Arguments = launcher.Texts("arguments") },
            LauncherTarget = launcher.Text("target"),
            Ranks = launcher.Texts("ranks"),
            Always = launcher.Texts("always"),
            SignalAsCode = launcher.Flag("signal_as_code", absent: false),
            Environment = root.Pairs("environment"),
            RootEnvironment = root.Pairs("root_environment"),
            CheckEnvironment = root.Pairs("check_environment"),
            Checkpoints = CheckpointDefaults.Read(checkpoints),
            Libraries = [.. root.Sections("library").Select(s => new LibraryRecord(s.Text("soname"), s.Text("path"), s.Number("size"), s.Text("build_id")))],
            Files = [.. root.Sections("file").Select(s => new FileRecord(s.Text("path"), s.Number("size"), s.Text("sha256")))],
        };
        launcher.Close();
        checkpoints?.Close();
        return manifest;
    }

    private static void WritePairs(TomlText text, string table, IReadOnlyDictionary<string, string> pairs)
    {
        text.Table(table);
        foreach ((string name, string value) in pairs) text.Pair(name, value);
    }
}

public static class ManifestErrors
{
    private const string Again = "Build it again: mana bundle create NAME --backend B --force";

    public static UserError Format(string file, long format) => new(
        $"this bundle is of another release of mana: its format is {format}, this one's is {BundleManifest.CurrentFormat}", Again, file);

    public static UserError Damaged(string place, string why) => new("the manifest of a bundle is damaged: " + why, Again, place);
}
