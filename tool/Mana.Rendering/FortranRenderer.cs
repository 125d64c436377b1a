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
                .Select(h => new FortranHandleView(
                    h.Name, "MANA_KIND_" + h.Kind.ToUpperInvariant(), h.Canonical, h.OpenMpiFortran!.Value))
                .ToList();
        model["fortran_keyvals"] = api.Constants
            .Where(c => c.Kind == "keyval" && c.FortranIn(abi) is { } value && value != c.In(abi)?.Number)
            .Select(c => new FortranHandleView(c.Name, "", c.Canonical, (int)c.FortranIn(abi)!.Value))
            .ToList();
        string soname = abi == Abi.Mpich ? "libmpich.so.12" : "libmpi.so.40";
        return [renderer.Render("fortran_values.c", output, model), RenderRefused(abi, soname, output)];
    }

    /// <summary>Compiled into the library of mpif.h and `use mpi`, which in MPICH's ABI is that of mpi_f08 too.</summary>
    public IReadOnlyList<string> RenderFortran(Abi abi, string output)
    {
        ScriptObject model = Model(abi);
        model["prototypes"] = api.Functions.Where(f => f.PresenceIn(abi) != Presence.Absent)
            .Select(f => new PrototypeView(f.SymbolIn(abi)!, f.Returns, Parameters(f.Parameters.Select(p => p.Declared(CForm.Mpi)))))
            .ToList();
        model["entries"] = api.Functions.Where(f => f is { IsLarge: false, Fortran: Form.Auto } && IsGenerated(f, abi))
            .Select(f => View(f, abi)).ToList();
        List<string> files = [renderer.Render("fortran_calls.h", output, model), renderer.Render("fortran.c", output, model)];
        if (abi == Abi.Mpich) files.AddRange(RenderF08(abi, output));
        string soname = abi == Abi.Mpich ? "libmpichfort.so.12" : "libmpi_mpifh.so.40";
        files.Add(RenderObjects(abi, soname, output));
        files.Add(RenderRefused(abi, soname, output));
        return files;
    }

    /// <summary>Compiled into Open MPI's libraries of the modules: the objects of mpi, entry points and objects of mpi_f08.</summary>
    public IReadOnlyList<string> RenderModules(string mpiOutput, string f08Output) =>
    [
        RenderObjects(Abi.OpenMpi, "libmpi_usempi_ignore_tkr.so.40", mpiOutput),
        RenderObjects(Abi.OpenMpi, "libmpi_usempif08.so.40", f08Output),
        .. RenderF08(Abi.OpenMpi, f08Output),
    ];

    // Open MPI's mpi_f08 passes what mpif.h passes. MPICH's does but for choice buffers, which come as array descriptors, and for the
    // large-count procedures: these need entry points of their own.
    private IReadOnlyList<string> RenderF08(Abi abi, string output)
    {
        ScriptObject model = Model(abi);
        Dictionary<string, Form> forms =
            api.Functions.Where(f => !f.IsLarge).ToDictionary(f => f.Name, f => f.Fortran, StringComparer.Ordinal);
        List<ApiFunction> module =
        [
            .. api.Functions.Where(f =>
                forms[f.BaseName] != Form.None && f is { As: null, Removed: null } && f.PresenceIn(abi) != Presence.Absent),
        ];
        bool Differs(ApiFunction f) => abi == Abi.Mpich && (f.IsLarge || HasBuffer(f));
        model["jumps"] = module.Where(f => !f.IsLarge && !Differs(f)).Select(f => f.SymbolIn(abi)!.ToLowerInvariant()).ToList();
        model["entries"] = module
            .Where(f => Differs(f) && forms[f.BaseName] == Form.Auto && IsGenerated(f, abi))
            .Select(f => View(f, abi)).ToList();
        return [renderer.Render(abi == Abi.Mpich ? "fortran_f08_mpich.c" : "fortran_f08_openmpi.c", output, model, "fortran_f08.c")];
    }

    private string RenderObjects(Abi abi, string soname, string output)
    {
        ScriptObject model = Model(abi);
        model["objects"] = api.Libraries.Where(l => l.Abi == abi && l.Soname == soname).SelectMany(l => l.Objects)
            .DistinctBy(o => o.Name)
            .Select(o => new FortranObjectView(o.Name, o.Size, Alignment(o.Size), o.Value)).ToList();
        return renderer.Render("fortran_objects.c", output, model);
    }

    // Names that hand-written code defines are in the list too: the generated definitions are weak.
    private string RenderRefused(Abi abi, string soname, string output)
    {
        ScriptObject model = Model(abi);
        model["refused"] = api.Libraries.Where(l => l.Abi == abi && l.Soname == soname).SelectMany(l => l.Functions)
            .Distinct(StringComparer.Ordinal).ToList();
        return renderer.Render("refused.c", output, model);
    }

    private static int Alignment(int size) => size >= 16 ? 16 : size >= 8 ? 8 : size >= 4 ? 4 : 1;

    private static bool IsGenerated(ApiFunction f, Abi abi) => f.IsError && f.PresenceIn(abi) != Presence.Absent;

    private static bool HasBuffer(ApiFunction f) => f.Parameters.Any(p => p.Kind == "buffer");

    private static FortranView View(ApiFunction f, Abi abi)
    {
        IReadOnlyList<ApiParameter> all = f.Parameters;
        List<Snippet> snippets = [.. all.Select(p => FortranRules.Convert(p, all, abi))];
        string symbol = f.SymbolIn(abi)!;
        string lower = (f.IsLarge ? symbol[..^"_c".Length] : symbol).ToLowerInvariant();
        return new FortranView
        {
            Lower = lower,
            Upper = symbol.ToUpperInvariant(),
            MpiName = symbol,
            F08Suffix = (HasBuffer(f) ? "_f08ts" : "_f08") + (f.IsLarge ? "_large_" : "_"),
            Params = Parameters([
                .. all.Select(FortranRules.Declare), "MPI_Fint *ierror", .. all.Select(FortranRules.Hidden).OfType<string>(),
            ]),
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
