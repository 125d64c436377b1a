namespace Mana.Api;

/// <summary>C types of parameters and results, from their kinds.</summary>
public static class CTypes
{
    /// <summary>The type of one element: what an array holds, what an output pointer points to.</summary>
    public static string Element(ApiParameter p, CForm form)
    {
        if (Kinds.Handles.TryGetValue(p.Kind, out string? handle)) return form == CForm.Mpi ? handle : "mana_h";
        string type = p.Kind switch
        {
            "status" => form == CForm.Mpi ? "MPI_Status" : "mana_status",
            "buffer" or "pointer-out" or "t-object" => "void",
            "string" or "string-out" => "char",
            "argv" or "strings" => "char *",
            "argvs" => "char **",
            "offset" => "MPI_Offset",
            "t-cb-safety" when form == CForm.Mpi => "MPI_T_cb_safety",
            "t-source-order" when form == CForm.Mpi => "MPI_T_source_order",
            _ => p.Type ?? "int",
        };
        return form == CForm.Mpi ? type : Canonical(type);
    }

    public static string Declared(ApiParameter p, CForm form)
    {
        if (p.Kind == "varargs") return "...";
        string element = Element(p, form);
        if (p.Kind == "function") return form == CForm.Mpi ? element + " *" : "void *";
        if (p.Array == "n*3") return $"{(p.IsConst ? "const " : "")}{element} (*)[3]";
        bool pointer = p.IsArray || p.Direction != Direction.In || Kinds.Pointers.Contains(p.Kind);
        bool constant = p.IsConst || p.Kind == "string";
        return (constant ? "const " : "") + element + (pointer ? Star(element) : "");
    }

    /// <summary>mpi.h's integer types as the fixed ones that cross between the halves; handles and callbacks become theirs.</summary>
    public static string Canonical(string type) => type switch
    {
        "MPI_Aint" => "intptr_t",
        "MPI_Count" or "MPI_Offset" => "int64_t",
        "MPI_Fint" => "int",
        _ when type.StartsWith("MPI_T_", StringComparison.Ordinal) => "void *",
        _ when Kinds.Handles.Values.Contains(type) => "mana_h",
        _ => type,
    };

    private static string Star(string element) => element.EndsWith('*') ? "*" : " *";
}
