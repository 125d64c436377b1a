namespace Mana.Rendering;

/// <summary>Direction of a parameter, as MPI's own INTENT.</summary>
public enum Flow { In, Out, InOut }

/// <summary>One parameter of one variant of a function, as the conversion rules see it.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Kind">Its kind in the description (docs/ARCHITECTURE.md lists them).</param>
/// <param name="Flow">Direction.</param>
/// <param name="IsConst">A pointer to const.</param>
/// <param name="Array">Length rule, or null for a scalar.</param>
/// <param name="Type">C type of an element in this variant, where the kind does not imply it.</param>
/// <param name="BaseType">C type in the base variant; differs from <paramref name="Type"/> where large counts widen it.</param>
/// <param name="Bound">MANA_MAX_ constant of an output string, or null.</param>
/// <param name="UnlessInPlace">Buffer with which this datatype is ignored when the buffer is MPI_IN_PLACE, or null.</param>
/// <param name="Lifetime">How long the callee reads it: call, request, object, forever.</param>
public sealed record Arg(
    string Name, string Kind, Flow Flow, bool IsConst, string? Array, string? Type, string? BaseType, string? Bound, string? UnlessInPlace,
    string Lifetime)
{
    /// <summary>Kinds whose values are handles, with the MPI type's suffix.</summary>
    public static readonly IReadOnlyDictionary<string, string> HandleTypes = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["comm"] = "MPI_Comm",
        ["group"] = "MPI_Group",
        ["datatype"] = "MPI_Datatype",
        ["op"] = "MPI_Op",
        ["request"] = "MPI_Request",
        ["message"] = "MPI_Message",
        ["win"] = "MPI_Win",
        ["file"] = "MPI_File",
        ["info"] = "MPI_Info",
        ["errhandler"] = "MPI_Errhandler",
        ["session"] = "MPI_Session",
    };

    private static readonly HashSet<string> PassedAsTheyAre = new(StringComparer.Ordinal)
    {
        "plain", "logical", "index", "pointer-out", "t-object", "string", "argv", "argvs", "strings", "function", "opaque", "varargs",
        "string-out", "status", "buffer", "errcodes",
    };

    public bool IsHandle => HandleTypes.ContainsKey(Kind);

    /// <summary>An int (or offset) whose special values differ between ABIs.</summary>
    public bool IsValue => !IsHandle && !PassedAsTheyAre.Contains(Kind) && Kind != "weights";

    public bool IsArray => Array is not null;

    public bool IsOut => Flow != Flow.In;

    /// <summary>The kind as part of a C identifier.</summary>
    public string Id => Kind.Replace('-', '_');

    /// <summary>MANA_KIND_COMM and so on.</summary>
    public string KindMacro => "MANA_KIND_" + Kind.ToUpperInvariant();

    /// <summary>The canonical C type of one element.</summary>
    public string CanonType => IsHandle ? "mana_h" : Kind == "status" ? "mana_status" : Canon(Type ?? "int");

    /// <summary>The MPI C type of one element, as mpi.h writes it.</summary>
    public string MpiType => IsHandle ? HandleTypes[Kind] : Kind == "status" ? "MPI_Status" : Type ?? "int";

    /// <summary>Canonical C type for an MPI C type.</summary>
    public static string Canon(string type) => type switch
    {
        "MPI_Aint" => "intptr_t",
        "MPI_Count" or "MPI_Offset" => "int64_t",
        "MPI_Fint" => "int",
        _ => type,
    };
}
