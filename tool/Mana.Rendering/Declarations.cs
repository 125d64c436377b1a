namespace Mana.Rendering;

/// <summary>Parameter declarations in the two forms generated C needs: canonical, and as the MPI standard writes them.</summary>
public static class Declarations
{
    /// <summary>The parameter in canonical form: 32-bit handles, 64-bit counts.</summary>
    public static string Canonical(Arg p) => Declare(p, p.CanonType, "mana_h", "void *");

    /// <summary>The parameter as mpi.h declares it, with the application ABI's own types.</summary>
    public static string Mpi(Arg p) => Declare(p, p.MpiType, p.MpiType, p.Type ?? "void *");

    public static string List(IEnumerable<string> declarations)
    {
        string list = string.Join(", ", declarations);
        return list.Length == 0 ? "void" : list;
    }

    private static string Declare(Arg p, string element, string handle, string callback)
    {
        string constant = p.IsConst ? "const " : "";
        switch (p.Kind)
        {
            case "buffer":
                return $"{constant}void *{p.Name}";
            case "pointer-out":
            case "t-object":
                return $"void *{p.Name}";
            case "weights":
                return p.IsOut ? $"int *{p.Name}" : $"const int *{p.Name}";
            case "string":
                return $"const char *{p.Name}";
            case "string-out":
                return $"char *{p.Name}";
            case "argv":
            case "strings":
                return $"char **{p.Name}";
            case "argvs":
                return $"char ***{p.Name}";
            case "errcodes":
                return $"int *{p.Name}";
            case "varargs":
                return "...";
            case "function":
                return $"{Pointerless(callback)} *{p.Name}";
            default:
                bool pointer = p.IsOut || p.IsArray || p.Kind == "status";
                string type = p.IsHandle ? handle : element;
                bool readOnly = p.Flow == Flow.In && (p.IsArray || p.Kind == "status" || p.IsConst) && pointer;
                return $"{(readOnly ? "const " : "")}{type} {(pointer ? "*" : "")}{p.Name}";
        }
    }

    private static string Pointerless(string type) => type.TrimEnd().TrimEnd('*').TrimEnd();
}
