using Mana.Api;
using Scriban.Runtime;

namespace Mana.Rendering;

/// <summary>The generated sources of the Fortran libraries, and of what the C libraries know of Fortran.</summary>
public sealed class FortranRenderer(ApiDescription api, Renderer renderer)
{
    /// <summary>Compiled into the C library: the INTEGERs of predefined objects (MPICH's are the C handles) and keys.</summary>
    public IReadOnlyList<string> RenderHandles(Abi abi, string output)
    {
        ScriptObject model = Model(abi);
        model["fortran_handles"] = abi == Abi.Mpich
            ? new List<FortranHandleView>()
            : api.Handles
                .Where(h => h is { AliasOf: null, OpenMpi: not null, OpenMpiFortran: not null })
                .Select(h => new FortranHandleView(h.Name, "MANA_KIND_" + h.Kind.ToUpperInvariant(), h.Canonical, h.OpenMpiFortran!.Value))
                .ToList();
        model["fortran_keyvals"] = api.Constants
            .Where(c => c.Kind == "keyval" && c.FortranIn(abi) is { } value && value != c.In(abi)?.Number)
            .Select(c => new FortranHandleView(c.Name, "", c.Canonical, (int)c.FortranIn(abi)!.Value))
            .ToList();
        return [renderer.Render("fortran_values.c", output, model)];
    }

    /// <summary>Compiled into the library of mpif.h and `use mpi`.</summary>
    public IReadOnlyList<string> RenderFortran(Abi abi, string output)
    {
        ScriptObject model = Model(abi);
        model["prototypes"] = api.Functions.Where(f => f.PresenceIn(abi) != Presence.Absent)
            .Select(f => new PrototypeView(f.SymbolIn(abi)!, f.Returns, Parameters(f.Parameters.Select(p => p.Declared(CForm.Mpi)))))
            .ToList();
        model["entries"] = api.Functions.Where(f => IsGenerated(f, abi)).Select(f => View(f, abi)).ToList();
        string soname = abi == Abi.Mpich ? "libmpichfort.so.12" : "libmpi_mpifh.so.40";
        return
        [
            renderer.Render("fortran_calls.h", output, model),
            renderer.Render("fortran.c", output, model),
            .. RenderObjects(abi, soname, output),
        ];
    }

    /// <summary>The data objects of one library.</summary>
    public IReadOnlyList<string> RenderObjects(Abi abi, string soname, string output)
    {
        ScriptObject model = Model(abi);
        model["objects"] = api.Libraries.Where(l => l.Abi == abi && l.Soname == soname).SelectMany(l => l.Objects)
            .DistinctBy(o => o.Name)
            .Select(o => new FortranObjectView(o.Name, o.Size, Alignment(o.Size), o.Value)).ToList();
        return [renderer.Render("fortran_objects.c", output, model)];
    }

    private static int Alignment(int size) => size >= 16 ? 16 : size >= 8 ? 8 : size >= 4 ? 4 : 1;

    private static bool IsGenerated(ApiFunction f, Abi abi) =>
        f is { IsLarge: false, Fortran: Form.Auto, IsError: true } && f.PresenceIn(abi) != Presence.Absent;

    private static FortranView View(ApiFunction f, Abi abi)
    {
        IReadOnlyList<ApiParameter> all = f.Parameters;
        List<Snippet> snippets = [.. all.Select(p => FortranRules.Convert(p, all, abi))];
        string symbol = f.SymbolIn(abi)!;
        return new FortranView
        {
            Lower = symbol.ToLowerInvariant(),
            Upper = symbol.ToUpperInvariant(),
            MpiName = symbol,
            Params = string.Join(", ", all.Select(FortranRules.Declare).Append("MPI_Fint *ierror").Concat(all.Select(FortranRules.Hidden).OfType<string>())),
            Before = [.. snippets.SelectMany(s => s.Before)],
            Args = string.Join(", ", snippets.Select(s => s.Argument)),
            After = [.. snippets.SelectMany(s => s.After)],
            Always = [.. snippets.SelectMany(s => s.Always)],
        };
    }

    private static string Parameters(IEnumerable<string> declarations)
    {
        string list = string.Join(", ", declarations);
        return list.Length == 0 ? "void" : list;
    }

    private ScriptObject Model(Abi abi)
    {
        ScriptObject model = renderer.Shared();
        renderer.AddAbi(model, abi);
        return model;
    }
}
