using Mana.Api;
using Mana.Rendering;
using Mana.Rendering.Protocol;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>The protocol -> the coordinator's messages in C#.</summary>
public sealed class RenderProtocol : RenderTask
{
    /// <summary>The folder native/.</summary>
    [Required]
    public string Native { get; set; } = "";

    protected override void Render()
    {
        ProtocolDescription protocol = ProtocolDescription.Read(Path.Combine(Native, ProtocolDescription.FileName));
        new ProtocolRenderer(protocol, new TemplateFolder(Templates)).RenderCSharp(ApiDescription.Load(Path.Combine(Native, "api")), OutputFolder);
    }
}
