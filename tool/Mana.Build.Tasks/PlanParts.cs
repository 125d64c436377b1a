using Mana.Bundles.Backends;
using Mana.Bundles.Plan;
using Mana.Bundles.Profile;
using Mana.Common.Errors;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>native/parts.toml, and a site profile for the lower half -> what to compile and link.</summary>
public sealed class PlanParts : Microsoft.Build.Utilities.Task
{
    [Required]
    public string Native { get; set; } = "";

    [Required]
    public string Generated { get; set; } = "";

    [Required]
    public string Objects { get; set; } = "";

    [Required]
    public string OutputFolder { get; set; } = "";

    /// <summary>Empty for the upper half, which needs no MPI.</summary>
    public string Profile { get; set; } = "";

    public string Backend { get; set; } = "";

    /// <summary>Compiler of the upper half.</summary>
    public string Compiler { get; set; } = "gcc";

    [Output]
    public ITaskItem[] Compile { get; set; } = [];

    [Output]
    public ITaskItem[] Link { get; set; } = [];

    public override bool Execute()
    {
        try
        {
            Planner planner = new(NativeParts.Read(Native), new BuildFolders(Native, Generated, Objects, OutputFolder));
            BuildPlan plan = Profile.Length == 0 ? planner.ForProduct(Compiler) : ForSite(planner);
            Compile = [.. plan.Compile.Select(PlanItems.ToItem)];
            Link = [.. plan.Link.Select(PlanItems.ToItem)];
            return true;
        }
        catch (UserErrorException e)
        {
            return Messages.Fail(Log, e.Error);
        }
    }

    private BuildPlan ForSite(Planner planner)
    {
        SiteProfile profile = ProfileReader.Read(Profile);
        Mana.Bundles.Backends.Backend backend = BackendCatalog.Read(Backend);
        return planner.ForSite(profile, backend.Folder, backend.Build.Cflags, [.. RunPaths(profile), .. backend.Build.Ldflags]);
    }

    /// <summary>
    /// DT_RPATH rather than DT_RUNPATH: it also serves what the MPI library itself needs. Copies stand beside the proxy; libraries in
    /// folders the loader does not search by itself are found where the probe found them.
    /// </summary>
    private static IEnumerable<string> RunPaths(SiteProfile profile)
    {
        yield return "-Wl,--disable-new-dtags";
        if (profile.Libraries.Use == LibraryUse.Copy)
        {
            yield return "-Wl,-rpath,$ORIGIN/lib";
            yield break;
        }
        foreach (string folder in profile.Libraries.Mpi.Concat(profile.Libraries.Network).Select(l => Path.GetDirectoryName(l)!).Distinct(StringComparer.Ordinal))
            yield return "-Wl,-rpath," + folder;
    }
}
