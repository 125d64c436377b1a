using Mana.Common.Toml;

namespace Mana.Bundles.Backends;

/// <summary>backend.toml and launchers.toml of a folder -> <see cref="Backend"/>.</summary>
internal static class BackendReader
{
    public static Backend Read(string folder)
    {
        TomlSection root = TomlSection.Read(Path.Combine(folder, "backend.toml"));
        Backend backend = new()
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Abi = root.Text("abi"),
            Folder = folder,
            Probe = Probe(root.Section("probe")),
            Libraries = Libraries(root.Section("libraries")),
            Build = Build(root.Section("build")),
            Packages = root.Pairs("packages"),
            Launchers = Launchers(Path.Combine(folder, "launchers.toml")),
        };
        root.Close();
        return backend;
    }

    private static ProbeRules Probe(TomlSection s)
    {
        ProbeRules rules = new()
        {
            Wrappers = s.Texts("wrappers"),
            Folders = s.Texts("folders"),
            Show = s.Texts("show"),
            ShowCflags = s.Has("show_cflags") ? s.Text("show_cflags") : null,
            ShowLibs = s.Has("show_libs") ? s.Text("show_libs") : null,
            Defines = s.Texts("defines"),
            Lacks = s.Texts("lacks"),
            Version = s.Text("version"),
            Variables = s.Texts("variables"),
            Paths = s.Texts("paths"),
            VersionFolder = s.Has("version_folder") ? s.Text("version_folder") : null,
            Hint = s.Text("hint", ""),
        };
        s.Close();
        return rules;
    }

    private static LibraryRules Libraries(TomlSection s)
    {
        LibraryRules rules = new()
        {
            Mpi = s.Texts("mpi"),
            Network = s.Texts("network"),
            Plugins = s.Texts("plugins"),
            CopiedEnvironment = s.Pairs("copied_environment"),
        };
        s.Close();
        return rules;
    }

    private static BuildRules Build(TomlSection s)
    {
        BuildRules rules = new() { Cflags = s.Texts("cflags"), Ldflags = s.Texts("ldflags") };
        s.Close();
        return rules;
    }

    private static LauncherRules[] Launchers(string file)
    {
        TomlSection root = TomlSection.Read(file);
        LauncherRules[] all = [.. root.Sections("launcher").Select(Launcher)];
        root.Close();
        return all;
    }

    private static LauncherRules Launcher(TomlSection s)
    {
        LauncherRules rules = new()
        {
            Flavour = s.Text("flavour"),
            Names = s.Texts("names"),
            Folders = s.Texts("folders"),
            VersionArguments = s.Texts("version_arguments"),
            Says = s.Texts("says"),
            Ranks = s.Texts("ranks"),
            Always = s.Texts("always"),
            SignalAsCode = s.Flag("signal_as_code", absent: false),
            Environment = s.Pairs("environment"),
            RootEnvironment = s.Pairs("root_environment"),
            CheckEnvironment = s.Pairs("check_environment"),
            Variable = s.Texts("variable"),
        };
        s.Close();
        return rules;
    }
}
