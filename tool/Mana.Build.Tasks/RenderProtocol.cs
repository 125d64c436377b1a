using Mana.Api;
using Mana.Common.Errors;
using Mana.Rendering;
using Mana.Rendering.Protocol;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>The protocol -> the coordinator's messages in C#.</summary>
public sealed class RenderProtocol : Microsoft.Build.Utilities.Task
{
    /// <summary>The folder native/.</summary>
    [Required]
    public string Native { get; set; } = "";

    [Required]
    public string Templates { get; set; } = "";

    [Required]
    public string OutputFolder { get; set; } = "";

    public override bool Execute()
    {
        try
        {
            ProtocolDescription protocol = ProtocolDescription.Read(Path.Combine(Native, ProtocolDescription.FileName));
            new ProtocolRenderer(protocol, new TemplateFolder(Templates)).RenderCSharp(ApiDescription.Load(Path.Combine(Native, "api")), OutputFolder);
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
