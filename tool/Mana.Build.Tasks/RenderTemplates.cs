using Mana.Api;
using Mana.Bundles.Errors;
using Mana.Rendering;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>The description of the MPI API and the templates -> C. Files whose text stays the same keep their time.</summary>
public sealed class RenderTemplates : Microsoft.Build.Utilities.Task
{
    [Required]
    public string Api { get; set; } = "";

    [Required]
    public string Templates { get; set; } = "";

    [Required]
    public string OutputFolder { get; set; } = "";

    /// <summary>upper: the stub libraries, one folder for each ABI. proxy: the proxy.</summary>
    [Required]
    public string Target { get; set; } = "";

    public override bool Execute()
    {
        try
        {
            Renderer renderer = new(ApiDescription.Load(Api), Templates);
            if (Target is "proxy") renderer.RenderProxy(OutputFolder);
            else
                foreach (Abi abi in Enum.GetValues<Abi>()) renderer.RenderStub(abi, Path.Combine(OutputFolder, abi.ToString().ToLowerInvariant()));
            return true;
        }
        catch (UserErrorException e)
        {
            return Messages.Fail(Log, e.Error);
        }
        catch (TemplateException e)
        {
            Log.LogError("{0}", e.Message);
        }
        return false;
    }
}
