using Mana.Bundles.Backends;
using Mana.Bundles.Build;
using Mana.Bundles.Plan;
using Mana.Bundles.Profile;
using Mana.Common.Errors;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>Linked files and the prebuilt upper half -> a bundle directory with its manifest.</summary>
public sealed class AssembleBundle : Microsoft.Build.Utilities.Task
{
    [Required]
    public string Profile { get; set; } = "";

    [Required]
    public string Backend { get; set; } = "";

    [Required]
    public string Native { get; set; } = "";

    /// <summary>The upper half, as packed with the tool.</summary>
    [Required]
    public string Prebuilt { get; set; } = "";

    [Required]
    public string Linked { get; set; } = "";

    [Required]
    public string OutputFolder { get; set; } = "";

    public override bool Execute()
    {
        try
        {
            BundleAssembler assembler = new(BackendCatalog.Read(Backend), ProfileReader.Read(Profile), NativeParts.Read(Native), Native, Prebuilt);
            assembler.Assemble(Linked, OutputFolder, typeof(AssembleBundle).Assembly.GetName().Version?.ToString(3) ?? "0");
            return true;
        }
        catch (UserErrorException e)
        {
            return Messages.Fail(Log, e.Error);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Log.LogError("{0}", "the bundle cannot be put together: " + e.Message);
        }
        return false;
    }
}
