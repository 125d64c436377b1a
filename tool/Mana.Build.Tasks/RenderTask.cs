using Mana.Common.Errors;
using Mana.Rendering;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>Renders templates: what is wrong in the description, or in a template, is an error of the build.</summary>
public abstract class RenderTask : Microsoft.Build.Utilities.Task
{
    [Required]
    public string Templates { get; set; } = "";

    [Required]
    public string OutputFolder { get; set; } = "";

    public override bool Execute()
    {
        try
        {
            Render();
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

    protected abstract void Render();
}
