using Mana.Api;
using Mana.Rendering;
using Mana.Rendering.Protocol;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>The description of the MPI API and the templates -> C. Files whose text stays the same keep their time.</summary>
public sealed class RenderTemplates : RenderTask
{
    [Required]
    public string Api { get; set; } = "";

    /// <summary>upper: the stub libraries, one folder for each ABI. proxy: the lower half, that is the proxy and the protocol.</summary>
    [Required]
    public string Target { get; set; } = "";

    protected override void Render()
    {
        ApiDescription api = ApiDescription.Load(Api);
        Renderer renderer = new(api, Templates);
        if (Target is "proxy") RenderLower(renderer);
        else
            foreach (Abi abi in Enum.GetValues<Abi>()) RenderUpper(renderer, new FortranRenderer(api, renderer), abi);
    }

    private void RenderLower(Renderer renderer)
    {
        renderer.RenderProxy(OutputFolder);
        // native/protocol stands beside native/api.
        string native = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Api)))!;
        new ProtocolRenderer(ProtocolDescription.Read(Path.Combine(native, ProtocolDescription.FileName)), new TemplateFolder(Templates)).RenderC(OutputFolder);
    }

    private void RenderUpper(Renderer renderer, FortranRenderer fortran, Abi abi)
    {
        string folder = Path.Combine(OutputFolder, abi.ToString().ToLowerInvariant());
        renderer.RenderStub(abi, folder);
        fortran.RenderHandles(abi, folder);
        fortran.RenderFortran(abi, folder + "-fortran");
        if (abi == Abi.OpenMpi) fortran.RenderModules(folder + "-module", folder + "-f08");
    }
}
