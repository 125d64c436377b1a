using Mana.Common.Toml;

namespace Mana.Bundles.Profile;

/// <summary><see cref="SiteProfile"/> -> TOML with a comment wherever a person may want to change something.</summary>
public static class ProfileWriter
{
    public static string Write(SiteProfile profile)
    {
        TomlText text = new();
        text.Comment("Site profile: one MPI of this machine, as `mana bundle probe` found it. Edit what is wrong or wanted otherwise,")
            .Comment("then: mana bundle build THIS-FILE, or mana bundle create NAME --profile THIS-FILE")
            .Pair("format", SiteProfile.CurrentFormat)
            .Pair("backend", profile.Backend)
            .Comment("The MPI's own version, and the version of the MPI standard it implements.")
            .Pair("version", profile.Version)
            .Pair("standard", profile.Standard);
        WriteCompiler(text, profile.Compiler);
        WriteLibraries(text, profile.Libraries);
        WriteLauncher(text, profile.Launcher);
        text.Table("threads")
            .Comment("What MPI_Init_thread grants when asked for MULTIPLE: single, funneled, serialized, multiple, or unknown.")
            .Pair("level", profile.ThreadLevel);
        text.Table("environment")
            .Comment("Variables for every job on this bundle, for instance UCX_TLS = \"sm,self,tcp\".");
        foreach ((string name, string value) in profile.Environment) text.Pair(name, value);
        text.Table("checkpoints")
            .Comment("For every job on this bundle whose user says nothing else, by an option, the environment or his configuration:")
            .Comment("checkpoint_dir = \"/scratch/checkpoints\", interval = \"30m\", timeout = \"5m\", keep = 2, compress = \"none\", \"lz4\" or \"zstd\"");
        profile.Checkpoints.Write(text);
        return text.ToString();
    }

    private static void WriteCompiler(TomlText text, CompilerChoice compiler) => text.Table("compiler")
        .Comment("The MPI's compiler wrapper, and its command taken apart: the bundle is compiled with these.")
        .Pair("wrapper", compiler.Wrapper)
        .Pair("command", compiler.Command)
        .Comment("Compiles what must not be linked with the MPI.")
        .Pair("host", compiler.Host)
        .Pair("cflags", compiler.Cflags)
        .Pair("ldflags", compiler.Ldflags);

    private static void WriteLibraries(TomlText text, LibraryChoice libraries) => text.Table("libraries")
        .Comment("reference: the bundle uses the libraries where they are, and refuses to run when they were replaced.")
        .Comment("copy: the bundle carries copies of the libraries below, and goes on working after an update of the system.")
        .Pair("use", libraries.Use == LibraryUse.Copy ? "copy" : "reference")
        .Comment("The MPI's own libraries as a linked program loads them, and the network libraries below them.")
        .Pair("mpi", libraries.Mpi)
        .Pair("network", libraries.Network)
        .Comment("Folders of plug-ins that are copied with them.")
        .Pair("plugins", libraries.Plugins);

    private static void WriteLauncher(TomlText text, LauncherChoice launcher) => text.Table("launcher")
        .Comment("Full path, since a bare mpiexec may belong to another MPI; the flavour tells how its command line is built.")
        .Pair("path", launcher.Path)
        .Pair("flavour", launcher.Flavour)
        .Comment("Put on every command line, for instance [\"--oversubscribe\"].")
        .Pair("arguments", launcher.Arguments);
}
