using System.Security.Cryptography;
using System.Text;
using Mana.Bundles.Backends;
using Mana.Bundles.Probe;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;
using Mana.Bundles.Render;
using Mana.Bundles.Store;
using Mana.Common.Errors;

namespace Mana.Bundles.Build;

/// <summary>Profile file -> bundle directory. The directory appears complete, by one rename, or not at all.</summary>
public sealed class BundleBuilder(ManaHome home, BackendCatalog backends, Action<string> progress)
{
    /// <param name="profileFile">A site profile.</param>
    /// <param name="target">Where the bundle shall stand.</param>
    /// <param name="replace">Whether a bundle that stands there may be replaced.</param>
    /// <param name="stop">Ends the build; nothing half-made is left.</param>
    public async Task BuildAsync(string profileFile, string target, bool replace, CancellationToken stop)
    {
        if (Path.Exists(target) && !replace)
            throw new UserErrorException(Bundle.IsOne(target) ? StoreErrors.BundleExists(Path.GetFileName(target), target) : StoreErrors.NotReplaced(target));
        SiteProfile profile = ProfileReader.Read(profileFile);
        Backend backend = backends.Find(profile.Backend);
        await RequireFlavourAsync(profile, profileFile, backend, stop);
        string work = ManaHome.Ensure(Path.Combine(home.BuildCache, Key(backend.Name + "\n" + profile.Compiler.Wrapper)));
        string parent = ManaHome.Ensure(Path.GetDirectoryName(Path.GetFullPath(target))!);
        using FileStream turn = TakeTurn(work);
        using Staging staging = new(parent, target);
        string project = Path.Combine(work, "bundle.proj");
        await File.WriteAllTextAsync(project, new BundleProject(Path.GetFullPath(profileFile), backend.Folder, work, staging.Folder).ToXml(), stop);
        ChildCommand build = new(Sdk.Find(), ["msbuild", project, "-nologo", "-v:m", "-nr:false", "-tl:off", $"-p:{BundleProject.ToolProperty}={home.ToolFolder}"])
        {
            Folder = work,
            Limit = TimeSpan.FromMinutes(30),
        };
        int code = await Gateway.StreamAsync(build, progress, stop);
        stop.ThrowIfCancellationRequested();
        if (code != 0 || !File.Exists(Path.Combine(staging.Folder, BundleManifest.FileName)))
            throw new UserErrorException(BuildErrors.Failed(code, profileFile));
        staging.Commit();
    }

    /// <summary>A profile edited by hand may name the launcher of another MPI, which would start unconnected ranks.</summary>
    private static async Task RequireFlavourAsync(SiteProfile profile, string profileFile, Backend backend, CancellationToken stop)
    {
        LauncherRules? rules = await LauncherProbe.FlavourOfAsync(backend, profile.Launcher.Path, stop);
        if (rules is null) throw new UserErrorException(ProbeErrors.ForeignLauncher($"{profile.Launcher.Path}, named in {profileFile}", backend));
        if (!string.Equals(rules.Flavour, profile.Launcher.Flavour, StringComparison.Ordinal))
            throw new UserErrorException(ProbeErrors.OtherFlavour(profile.Launcher.Path, profileFile, profile.Launcher.Flavour, rules.Flavour));
    }

    /// <summary>Two builds against one MPI share their objects, so one waits for the other.</summary>
    private static FileStream TakeTurn(string work)
    {
        string file = Path.Combine(work, "lock");
        for (int tries = 0; ; tries++)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (tries < 3000)
            {
                Thread.Sleep(100);
            }
        }
    }

    private static string Key(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}

/// <summary>A sibling directory that becomes the target by one rename, and disappears if it does not.</summary>
public sealed class Staging : IDisposable
{
    private readonly string _target;
    private bool _committed;

    public Staging(string parent, string target)
    {
        _target = target;
        Folder = Path.Combine(parent, $".{Path.GetFileName(target)}.{Environment.ProcessId}.new");
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        try
        {
            Directory.CreateDirectory(Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(StoreErrors.FolderNotWritable(parent, e.Message), e);
        }
    }

    public string Folder { get; }

    /// <summary>A directory cannot be renamed over a full one: the old one steps aside first and is deleted last.</summary>
    public void Commit()
    {
        string old = Folder + ".old";
        bool replaced = Directory.Exists(_target);
        if (replaced) Directory.Move(_target, old);
        Directory.Move(Folder, _target);
        _committed = true;
        if (replaced) Directory.Delete(old, recursive: true);
    }

    public void Dispose()
    {
        if (!_committed && Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>The .NET SDK, whose MSBuild runs the build; the tool itself runs on the runtime alone.</summary>
public static class Sdk
{
    public static string Find()
    {
        // The running runtime is ROOT/shared/Microsoft.NETCore.App/VERSION: an SDK of the same installation is the best match.
        string runtime = System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory();
        string?[] roots = [Path.GetFullPath(Path.Combine(runtime, "..", "..", "..")), Environment.GetEnvironmentVariable("DOTNET_ROOT"), .. OnPath()];
        string? root = roots.FirstOrDefault(r => !string.IsNullOrEmpty(r) && File.Exists(Path.Combine(r, "dotnet")) && Directory.Exists(Path.Combine(r, "sdk")));
        return root is null ? throw new UserErrorException(BuildErrors.NoSdk()) : Path.Combine(root, "dotnet");
    }

    private static IEnumerable<string> OnPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder =>
        {
            FileInfo file = new(Path.Combine(folder, "dotnet"));
            return Path.GetDirectoryName(file.Exists ? file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName : file.FullName)!;
        });
}

public static class BuildErrors
{
    public static UserError NoSdk() => new(
        "building a bundle needs the .NET SDK, and this machine has only the runtime (no `dotnet msbuild`)",
        "Install the .NET 10 SDK, or build the bundle on a machine that has it and bring it here: mana bundle export / mana bundle import.");

    public static UserError Failed(int code, string profile) => new(
        code == Gateway.TimedOut ? "the build of the bundle did not end in 30 minutes" : "the build of the bundle failed; what the compiler said stands above",
        "Correct the profile (compiler, cflags, ldflags) or mend the compiler, then build again; nothing was left behind.",
        profile);
}
