using System.Security.Cryptography;
using Mana.Bundles.Backends;
using Mana.Bundles.Elf;
using Mana.Bundles.Plan;
using Mana.Bundles.Profile;
using Mana.Bundles.Store;

namespace Mana.Bundles.Build;

/// <summary>Puts linked programs, the prebuilt upper half and, where asked for, copies of libraries into one directory, and writes its manifest.</summary>
public sealed class BundleAssembler(Backend backend, SiteProfile profile, NativeParts parts, string native, string prebuilt)
{
    public const string LibraryFolder = "lower/lib";
    // Not by Mono.Unix: MSBuild, where this runs, does not find assemblies that a package keeps under runtimes/.
    private const UnixFileMode Program = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <param name="linked">Where the lower half was linked.</param>
    /// <param name="bundle">The directory to fill; must be empty.</param>
    /// <param name="version">Version of the tool.</param>
    public void Assemble(string linked, string bundle, string version)
    {
        foreach (NativePart part in parts.Parts) Place(part, part.Stage == PartStage.Bundle ? linked : prebuilt, bundle);
        // Read and written anew, since installed files of a .NET tool carry an odd mode.
        File.WriteAllText(Path.Combine(bundle, "mana.gdb"), File.ReadAllText(Path.Combine(native, "lower", "mana.gdb")));
        IReadOnlyList<LibraryRecord> libraries = profile.Libraries.Use == LibraryUse.Copy ? CopyLibraries(bundle) : [.. AllLibraries().Select(l => Record(l, l))];
        LauncherRules rules = backend.Launchers.First(l => string.Equals(l.Flavour, profile.Launcher.Flavour, StringComparison.Ordinal));
        BundleManifest manifest = new()
        {
            Backend = backend.Name,
            Abi = backend.Abi,
            Version = profile.Version,
            Standard = profile.Standard,
            ThreadLevel = profile.ThreadLevel,
            Mana = version,
            Launcher = profile.Launcher,
            LauncherTarget = Links.Target(profile.Launcher.Path),
            Ranks = rules.Ranks,
            SignalAsCode = rules.SignalAsCode,
            Always = [.. rules.Always, .. profile.Environment.Keys.SelectMany(name => rules.Variable.Select(word => word.Replace("{name}", name, StringComparison.Ordinal)))],
            Environment = Merge(rules.Environment, CopiedEnvironment(), profile.Environment),
            RootEnvironment = rules.RootEnvironment,
            CheckEnvironment = rules.CheckEnvironment,
            Checkpoints = profile.Checkpoints,
            Libraries = libraries,
            Files = Checksums(bundle),
        };
        File.WriteAllText(Path.Combine(bundle, BundleManifest.FileName), ManifestText.Write(manifest));
    }

    private static void Place(NativePart part, string from, string bundle)
    {
        string source = Path.Combine(from, part.Output), target = Path.Combine(bundle, part.Output);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(source, target);
        File.SetUnixFileMode(target, Program);
        foreach (string alias in part.Aliases)
            File.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(target)!, alias), Path.GetFileName(target));
    }

    private IEnumerable<string> AllLibraries() => profile.Libraries.Mpi.Concat(profile.Libraries.Network);

    private List<LibraryRecord> CopyLibraries(string bundle)
    {
        string folder = Directory.CreateDirectory(Path.Combine(bundle, LibraryFolder)).FullName;
        List<LibraryRecord> records = [];
        foreach (string library in AllLibraries())
        {
            string name = ElfFile.TryRead(library)?.Soname ?? Path.GetFileName(library);
            File.Copy(library, Path.Combine(folder, name));
            records.Add(Record(library, LibraryFolder + "/" + name));
        }
        foreach (string plugins in profile.Libraries.Plugins)
            foreach (string file in Directory.EnumerateFiles(plugins, "*.so"))
            {
                string target = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "plugins")).FullName, Path.GetFileName(file));
                File.Copy(file, target, overwrite: true);
            }
        return records;
    }

    /// <param name="file">The library.</param>
    /// <param name="path">Where the bundle will look for it.</param>
    public static LibraryRecord Record(string file, string path)
    {
        ElfFile? elf = ElfFile.TryRead(file);
        return new LibraryRecord(elf?.Soname ?? Path.GetFileName(file), path, new FileInfo(Links.Target(file)).Length, elf?.BuildId ?? "");
    }

    private IReadOnlyDictionary<string, string> CopiedEnvironment() =>
        profile.Libraries.Use == LibraryUse.Copy ? backend.Libraries.CopiedEnvironment : new Dictionary<string, string>(StringComparer.Ordinal);

    private static Dictionary<string, string> Merge(params IReadOnlyDictionary<string, string>[] all)
    {
        Dictionary<string, string> merged = new(StringComparer.Ordinal);
        foreach ((string name, string value) in all.SelectMany(d => d)) merged[name] = value;
        return merged;
    }

    /// <summary>Every regular file; symbolic links are named by the parts and carry nothing of their own.</summary>
    public static IReadOnlyList<FileRecord> Checksums(string bundle) =>
        [.. Directory.EnumerateFiles(bundle, "*", SearchOption.AllDirectories)
            .Where(f => File.ResolveLinkTarget(f, returnFinalTarget: false) is null)
            .Where(f => !string.Equals(Path.GetFileName(f), BundleManifest.FileName, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(f => new FileRecord(Path.GetRelativePath(bundle, f), new FileInfo(f).Length, Sha256(f)))];

    public static string Sha256(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
