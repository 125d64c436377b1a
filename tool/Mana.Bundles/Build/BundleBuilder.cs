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

/// <summary>Profile file -> bundle directory. The directory appears complete, by a rename, or not at all.</summary>
public sealed class BundleBuilder(ManaHome home, BackendCatalog backends, Action<string> progress)
{
    private const int Locked = 11; // EWOULDBLOCK of flock(2), by which FileShare.None is kept

    private static readonly string Release = typeof(BundleBuilder).Assembly.GetName().Version?.ToString() ?? "";

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
        string work = ManaHome.Ensure(Path.Combine(home.BuildCache, Key(backend, profile)));
        string parent = ManaHome.Ensure(Path.GetDirectoryName(Path.GetFullPath(target))!);
        using FileStream turn = await TakeTurnAsync(work, stop);
        using Staging staging = new(parent, target);
        string project = Path.Combine(work, "bundle.proj");
        await File.WriteAllTextAsync(project, new BundleProject(Path.GetFullPath(profileFile), backend.Folder, work, staging.Folder).ToXml(), stop);
        ChildCommand build = new(Sdk.Find(), ["msbuild", project, "-nologo", "-v:m", "-nr:false", "-tl:off", $"-p:{BundleProject.ToolProperty}={home.ToolFolder}"])
        {
            Folder = work,
            Environment = Sdk.Quiet(work),
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
    private async Task<FileStream> TakeTurnAsync(string work, CancellationToken stop)
    {
        string file = Path.Combine(work, "lock");
        for (bool told = false; ; told = true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException e) when (e.HResult == Locked)
            {
                if (!told) progress("another build against this MPI is under way; waiting for its end");
                await Task.Delay(100, stop);
            }
        }
    }

    /// <summary>
    /// Objects are kept for one MPI, release by release: packages keep the times of their files, so the headers of an update may be older than the objects made of those
    /// before it.
    /// </summary>
    private static string Key(Backend backend, SiteProfile profile)
    {
        IEnumerable<string> libraries = profile.Libraries.Mpi.Select(l => BundleAssembler.Record(l, l).ToString());
        string text = string.Join('\n', [backend.Name, profile.Compiler.Wrapper, profile.Version, Release, .. libraries]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }
}

/// <summary>A sibling directory that becomes the target by a rename, and disappears if it does not.</summary>
public sealed class Staging : IDisposable
{
    private const string Aside = ".old";
    private const UnixFileMode Reads = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Runs = Reads | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

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

    /// <summary>A directory cannot be renamed over a full one: the old one steps aside first, comes back if the new one cannot take its place, and is deleted last.</summary>
    public void Commit()
    {
        OpenToAll(Folder);
        string old = Folder + Aside;
        bool replaced = Directory.Exists(_target);
        if (replaced) Directory.Move(_target, old);
        try
        {
            Directory.Move(Folder, _target);
            _committed = true;
        }
        finally
        {
            if (replaced && !_committed) Directory.Move(old, _target);
        }
        DeleteReplaced();
    }

    /// <summary>As install(1) does it: whoever may enter the folder above may run the bundle, whatever the umask of who made it.</summary>
    private static void OpenToAll(string folder)
    {
        File.SetUnixFileMode(folder, Runs);
        foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
            if (entry.LinkTarget is null) entry.UnixFileMode = entry is DirectoryInfo || entry.UnixFileMode.HasFlag(UnixFileMode.UserExecute) ? Runs : Reads;
    }

    /// <summary>On NFS a folder whose files a job has mapped cannot be deleted: the new bundle stands all the same, and who replaces it next tries again.</summary>
    private void DeleteReplaced()
    {
        try
        {
            foreach (string old in Directory.EnumerateDirectories(Path.GetDirectoryName(_target)!, $".{Path.GetFileName(_target)}.*.new{Aside}"))
                Directory.Delete(old, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is hidden and in nobody's way.
        }
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
        string? root = roots.FirstOrDefault(r => !string.IsNullOrEmpty(r) && File.Exists(Path.Combine(r, "dotnet")) && HoldsOurs(Path.Combine(r, "sdk")));
        return root is null ? throw new UserErrorException(BuildErrors.NoSdk()) : Path.Combine(root, "dotnet");
    }

    /// <summary>The tasks of a build are of the .NET that runs the tool: the MSBuild of an older SDK cannot load them.</summary>
    private static bool HoldsOurs(string folder) => Directory.Exists(folder)
        && Directory.EnumerateDirectories(folder).Any(v => int.TryParse(Path.GetFileName(v).Split('.')[0], out int major) && major >= Environment.Version.Major);

    /// <summary>What `dotnet` needs to do its work and nothing else: at its first use it welcomes the user, makes a certificate for web servers, and writes into his home.</summary>
    /// <param name="home">A folder for what it keeps.</param>
    public static IReadOnlyDictionary<string, string?> Quiet(string home) => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["DOTNET_CLI_HOME"] = home,
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
        ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
    };

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
        $"building a bundle needs the .NET SDK {Environment.Version.Major}, and this machine has only the runtime, or an older SDK",
        "Install the .NET 10 SDK, or build the bundle on a machine that has it and bring it here: mana bundle export / mana bundle import.");

    public static UserError Failed(int code, string profile) => new(
        code == Gateway.TimedOut ? "the build of the bundle did not end in 30 minutes" : "the build of the bundle failed; what the compiler said stands above",
        "Correct the profile (compiler, cflags, ldflags) or mend the compiler, then build again; nothing was left behind.",
        profile);
}
