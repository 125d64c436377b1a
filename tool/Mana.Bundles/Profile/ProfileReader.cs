using Mana.Common.Errors;
using Mana.Common.Toml;

namespace Mana.Bundles.Profile;

/// <summary>TOML -> <see cref="SiteProfile"/>, strictly: what is unknown, twice or of a wrong type is named by line and column.</summary>
public static class ProfileReader
{
    private static readonly string[] ThreadLevels = ["single", "funneled", "serialized", "multiple", "unknown"];

    public static SiteProfile Read(string file) => Read(TomlSection.Read(file));

    public static SiteProfile Parse(string text, string file) => Read(TomlSection.Parse(text, file));

    private static SiteProfile Read(TomlSection root)
    {
        long format = root.Number("format");
        if (format != SiteProfile.CurrentFormat)
            throw new UserErrorException(ProfileErrors.Format(root.PlaceOf("format"), format));
        TomlSection? threads = root.SectionOrNull("threads"), checkpoints = root.SectionOrNull("checkpoints");
        SiteProfile profile = new()
        {
            Backend = root.Text("backend"),
            Version = root.Text("version"),
            Standard = root.Text("standard"),
            Compiler = Compiler(root.Section("compiler")),
            Libraries = Libraries(root.Section("libraries")),
            Launcher = Launcher(root.Section("launcher")),
            ThreadLevel = threads is null ? "unknown" : threads.Word("level", ThreadLevels),
            Environment = root.Pairs("environment"),
            Checkpoints = CheckpointDefaults.Read(checkpoints),
        };
        threads?.Close();
        checkpoints?.Close();
        root.Close();
        return profile;
    }

    private static CompilerChoice Compiler(TomlSection s)
    {
        CompilerChoice choice = new()
        {
            Wrapper = s.Text("wrapper"),
            Command = s.Text("command"),
            Host = s.Text("host", "gcc"),
            Cflags = s.Texts("cflags"),
            Ldflags = s.Texts("ldflags"),
        };
        s.Close();
        return choice;
    }

    private static LibraryChoice Libraries(TomlSection s)
    {
        LibraryChoice choice = new()
        {
            Use = string.Equals(s.Word("use", ["reference", "copy"]), "copy", StringComparison.Ordinal) ? LibraryUse.Copy : LibraryUse.Reference,
            Mpi = s.Texts("mpi"),
            Network = s.Texts("network"),
            Plugins = s.Texts("plugins"),
        };
        if (choice.Mpi.Count == 0) throw new UserErrorException(ProfileErrors.NoLibrary(s.PlaceOf("mpi")));
        foreach (string key in new[] { "mpi", "network" })
            foreach (string library in s.Texts(key))
                if (!File.Exists(library)) throw new UserErrorException(ProfileErrors.Missing(s.PlaceOf(key), "library", library));
        s.Close();
        return choice;
    }

    private static LauncherChoice Launcher(TomlSection s)
    {
        LauncherChoice choice = new() { Path = s.Text("path"), Flavour = s.Text("flavour"), Arguments = s.Texts("arguments") };
        // A bare name is looked for on PATH when a job begins.
        if (choice.Path.Contains('/', StringComparison.Ordinal) && !File.Exists(choice.Path)) throw new UserErrorException(ProfileErrors.Missing(s.PlaceOf("path"), "launcher", choice.Path));
        s.Close();
        return choice;
    }
}

public static class ProfileErrors
{
    public static UserError Format(SourcePlace place, long format) => new(
        $"this profile has format {format}, this mana reads format {SiteProfile.CurrentFormat}",
        "Write it again: mana bundle probe --backend B --output FILE",
        place.ToString());

    public static UserError NoLibrary(SourcePlace place) => new(
        "the profile names no MPI library",
        "Give the full path of the site's libmpi in libraries.mpi, or probe again.",
        place.ToString());

    public static UserError Missing(SourcePlace place, string kind, string path) => new(
        $"a {kind} of the profile is not on this machine: {path}",
        "Correct the path, or probe again: mana bundle probe --backend B --output FILE",
        place.ToString());
}
