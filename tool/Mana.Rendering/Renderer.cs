using Mana.Api;
using Scriban.Runtime;

namespace Mana.Rendering;

/// <summary>Renders the templates over the description. Output files are rewritten only where their text changes, so that builds stay incremental.</summary>
public sealed class Renderer(ApiDescription api, string templatesFolder)
{
    private readonly TemplateFolder _templates = new(templatesFolder);
    private readonly IReadOnlyList<(ApiFunction Function, FunctionView View)> _functions =
        [.. api.Functions.Select(f => (f, ViewBuilder.Build(f, BaseOf(api, f))))];

    /// <summary>What core, stubs and proxies share: constants.h, mpi_table.h.</summary>
    public IReadOnlyList<string> RenderShared(string output) =>
        [Render("constants.h", output, Shared()), Render("mpi_table.h", output, Shared())];

    /// <summary>The sources of one ABI's stub library, the shared headers included.</summary>
    public IReadOnlyList<string> RenderStub(Abi abi, string output)
    {
        ScriptObject model = Shared();
        AddAbi(model, abi);
        List<string> files = [.. RenderShared(output)];
        foreach (string name in (string[])["core_auto.h", "stub.c", "predefined.c", "abi_values.h", "abi_objects.c", "verify_symbols.h"])
        {
            files.Add(Render(name, output, model));
        }

        string handles = abi == Abi.Mpich ? "abi_handles_mpich.c" : "abi_handles_openmpi.c";
        files.Add(Render(handles, output, model, "abi_handles.c"));
        return files;
    }

    /// <summary>The generated sources of a proxy, the shared headers included.</summary>
    public IReadOnlyList<string> RenderProxy(string output) =>
        [.. RenderShared(output), Render("proxy.c", output, Shared()), Render("proxy_hand.h", output, Shared()), Render("site_values.h", output, Shared())];

    /// <summary>Renders one template of the folder; the output is named after it unless said otherwise. Returns the file's path.</summary>
    public string Render(string name, string output, ScriptObject model, string? outputName = null) => _templates.Render(name, output, model, outputName);

    /// <summary>The model every template has: functions, crossing, constants, groups, handles.</summary>
    public ScriptObject Shared()
    {
        ScriptObject model = [];
        model["functions"] = _functions.Select(f => f.View).ToList();
        model["crossing"] = _functions.Where(f => f.View.Slot >= 0).OrderBy(f => f.View.Slot).Select(f => f.View).ToList();
        model["constants"] = api.Constants.Where(c => c.Kind != "callback").DistinctBy(c => c.Macro).Select(Canonical).ToList();
        model["groups"] = Groups(null);
        model["handles"] = api.Handles.Where(h => h.AliasOf is null).Select(h => View(h, null)).ToList();
        model["handle_names"] = api.Handles.Select(h => View(h, null)).ToList();
        model["fingerprint"] = api.Fingerprint();
        return model;
    }

    /// <summary>Adds what differs between application ABIs.</summary>
    public void AddAbi(ScriptObject model, Abi abi)
    {
        model["abi"] = new { Title = abi == Abi.Mpich ? "MPICH" : "Open MPI" };
        model["stubs"] = _functions
            .Where(f => f.Function.PresenceIn(abi) != Presence.Absent && !f.View.HandStub)
            .Select(f => f.View with { MpiName = f.Function.SymbolIn(abi)! })
            .ToList();
        model["exported"] = _functions
            .Where(f => f.Function.PresenceIn(abi) is Presence.Function or Presence.Extension)
            .Select(f => f.View with { MpiName = f.Function.SymbolIn(abi)! })
            .ToList();
        model["groups"] = Groups(abi);
        List<HandleView> handles = [.. api.Handles.Where(h => h.IsIn(abi)).Select(h => View(h, abi))];
        model["abi_handles"] = handles;
        model["abi_handles_in"] = handles.OrderBy(h => h.IsAlias).DistinctBy(h => h.Abi).ToList();
        model["abi_handles_out"] = handles.Where(h => !h.IsAlias).ToList();
        List<DataObject> objects =
            [.. api.Libraries.Where(l => l.Abi == abi && l.Soname is "libmpich.so.12" or "libmpi.so.40").SelectMany(l => l.Objects)];
        Dictionary<string, long> byObject = handles.Where(h => h.Abi is not null)
            .GroupBy(h => h.Abi!).ToDictionary(g => g.Key, g => g.First(h => !h.IsAlias || g.All(o => o.IsAlias)).Canonical, StringComparer.Ordinal);
        IEnumerable<ObjectView> views = objects.Select(o =>
            new ObjectView(o.Name, o.Size, o.Size >= 64 ? 64 : 16, byObject.TryGetValue(o.Name, out long canonical) ? canonical : null));
        model["handle_objects"] = views.Where(o => o.Canonical is not null).ToList();
        model["objects"] = views.Where(o => o.Canonical is null).ToList();
    }

    private static ApiFunction BaseOf(ApiDescription api, ApiFunction f) =>
        f.IsLarge ? api.Functions.First(b => !b.IsLarge && b.Name == f.BaseName) : f;

    private List<GroupView> Groups(Abi? abi) =>
    [
        .. api.Groups.Where(g => Kinds.All.Contains(g.Kind) || g.Kind is "bound" or "version" or "bsend" or "win-flavor" or "win-model")
            .Select(g => new GroupView
            {
                Kind = g.Kind,
                IsMask = g.IsMask,
                Constants = [.. g.Constants.Select(c => View(c, abi))],
            }),
    ];

    private static ConstantView Canonical(Constant c) => c.Kind == "bound"
        ? new(c.Name, c.Macro, "", c.Largest, null)
        : View(c, null);

    private static ConstantView View(Constant c, Abi? abi) =>
        new(c.Name, c.Macro, "ABI_" + c.Macro["MANA_".Length..], c.Canonical, abi is { } a ? c.In(a)?.Number : null);

    private static HandleView View(PredefinedHandle h, Abi? abi) => new(
        h.Name,
        h.Macro,
        h.Kind,
        h.Canonical,
        abi switch { Abi.Mpich => h.Mpich?.ToString(), Abi.OpenMpi => h.OpenMpi, _ => null },
        h.AliasOf is not null);
}
