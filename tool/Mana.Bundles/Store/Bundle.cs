using Mana.Bundles.Build;
using Mana.Bundles.Elf;
using Mana.Common.Errors;
using Mono.Unix.Native;

namespace Mana.Bundles.Store;

/// <summary>A bundle on this machine.</summary>
public sealed record Bundle(string Name, string Folder, BundleManifest Manifest)
{
    public string LowerProgram => Path.Combine(Folder, "lower", "mana-lower");

    public string Proxy => Path.Combine(Folder, "lower", "libmana_proxy.so");

    public string Upper => Path.Combine(Folder, "upper");

    /// <summary>The one that is linked with the stub of an ABI.</summary>
    public string VerifyProgram(string abi) => Path.Combine(Upper, "mana-verify-" + abi);

    /// <summary>Whether a folder holds a bundle, be it damaged.</summary>
    public static bool IsOne(string folder) => File.Exists(Path.Combine(folder, BundleManifest.FileName));

    public static Bundle Open(string folder) => IsOne(folder)
        ? new Bundle(Path.GetFileName(folder), folder, ManifestText.Read(Path.Combine(folder, BundleManifest.FileName)))
        : throw new UserErrorException(StoreErrors.NotABundle(folder, "it has no " + BundleManifest.FileName));

    /// <summary>
    /// Why it does not run here; null if it does. What runs must be what was built: its own files by size, every library by size and build-id, the launcher by where
    /// its path leads. Cheap; done at each launch.
    /// </summary>
    public UserError? Misfit()
    {
        foreach (string file in new[] { LowerProgram, Proxy })
            if (!File.Exists(file)) return FitErrors.Damaged(this, Path.GetRelativePath(Folder, file) + " is missing");
        foreach (FileRecord file in Manifest.Files.Where(f => f.Path.Contains('/', StringComparison.Ordinal))) // what is beside the halves is for people
            if (Damage(file) is { } what) return FitErrors.Damaged(this, $"{file.Path} {what}");
        foreach (LibraryRecord library in Manifest.Libraries)
            if (Difference(library) is { } what) return FitErrors.LibraryChanged(this, library, what);
        string launcher = Manifest.Launcher.Path;
        if (!File.Exists(launcher)) return FitErrors.LauncherGone(this);
        string target = Links.Target(launcher);
        return string.Equals(target, Manifest.LauncherTarget, StringComparison.Ordinal) ? null : FitErrors.LauncherChanged(this, target);
    }

    public void RequireFit()
    {
        if (Misfit() is { } error) throw new UserErrorException(error);
    }

    private string? Damage(FileRecord file)
    {
        FileInfo found = new(Path.Combine(Folder, file.Path));
        if (!found.Exists) return "is missing";
        if (found.Length != file.Size) return $"had {file.Size} bytes and has {found.Length}";
        bool runs = string.Equals(found.FullName, Path.GetFullPath(LowerProgram), StringComparison.Ordinal);
        return runs && Syscall.access(found.FullName, AccessModes.X_OK) != 0 ? "is not executable" : null;
    }

    private string? Difference(LibraryRecord library)
    {
        string file = Path.Combine(Folder, library.Path);
        if (!File.Exists(file)) return "it is gone";
        long size = new FileInfo(Links.Target(file)).Length;
        if (size != library.Size) return $"it had {library.Size} bytes and has {size}";
        if (library.BuildId.Length == 0) return null;
        string now;
        try
        {
            now = ElfFile.TryRead(file)?.BuildId ?? "";
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
        return string.Equals(now, library.BuildId, StringComparison.Ordinal) ? null : $"its build-id was {library.BuildId} and is {now}";
    }
}

public static class FitErrors
{
    private static string Again(Bundle bundle) => $"Build the bundle again: mana bundle create {bundle.Name} --backend {bundle.Manifest.Backend} --force";

    public static UserError Damaged(Bundle bundle, string what) => new($"the bundle '{bundle.Name}' is damaged: {what}", Again(bundle), bundle.Folder);

    public static UserError LibraryChanged(Bundle bundle, LibraryRecord library, string what) => new(
        $"the bundle '{bundle.Name}' no longer fits this machine: {library.Soname} was replaced, {what}",
        Again(bundle) + "\nA bundle whose profile says libraries.use = \"copy\" would go on working.",
        Path.Combine(bundle.Folder, library.Path));

    public static UserError LauncherGone(Bundle bundle) => new(
        $"the launcher of the bundle '{bundle.Name}' is gone",
        Again(bundle),
        bundle.Manifest.Launcher.Path);

    public static UserError LauncherChanged(Bundle bundle, string target) => new(
        $"the launcher of the bundle '{bundle.Name}' is another one now: it led to {bundle.Manifest.LauncherTarget} and leads to {target}",
        Again(bundle) + "\nor name the launcher: --launcher " + bundle.Manifest.LauncherTarget,
        bundle.Manifest.Launcher.Path);
}
