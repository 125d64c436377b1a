using Mana.Api;

namespace Mana.Rendering;

/// <summary>Canonical to the site's MPI and back. Conversions are named px_KIND_in and px_KIND_out; handles px_KIND, px_KIND_store, px_KIND_update.</summary>
public static class ProxyRules
{
    public static Snippet Convert(ApiParameter p, IReadOnlyList<ApiParameter> all) => p.Kind switch
    {
        "buffer" => Snippet.Plain(p.IsConst ? $"px_buffer({p.Name})" : $"(void *)px_buffer({p.Name})"),
        "weights" => Snippet.Plain($"{(p.IsOut ? "(int *)(uintptr_t)" : "")}px_weights({p.Name})"),
        "status" => Status(p),
        "t-object" => new([$"union px_any {p.Name}_s;"], $"px_t_object({p.Name}, &{p.Name}_s)", [], []),
        "opaque" when p is { Type: "MPI_T_pvar_handle", Direction: Direction.In } => Snippet.Plain($"px_pvar_handle({p.Name})"),
        "function" => Snippet.Plain($"({p.Type} *)({p.Name})".Replace("* *", "*", StringComparison.Ordinal)),
        _ when p.IsHandle => p.IsArray ? Array(p, all) : Handle(p),
        _ when p.IsValue => p.IsArray ? Array(p, all) : Value(p),
        _ => Snippet.Plain(NeedsCast(p) ? $"({p.MpiType} *){p.Name}" : p.Name),
    };

    /// <summary>The same through the base function of a site that has no large-count variant: wide arguments are narrowed.</summary>
    public static Snippet Narrow(ApiParameter p, IReadOnlyList<ApiParameter> all, ApiFunction small)
    {
        if (small.Parameters.All(b => b.Name != p.Name))
        {
            // Only the _c variant has it: the base function knows of no large counts.
            return p.Direction == Direction.Out && !p.IsArray ? new([$"*{p.Name} = 0;"], "", [], []) : Snippet.Plain("");
        }

        if (p.Kind != "plain" || p.Type == p.BaseType || p.BaseType is null)
        {
            return Convert(p, all);
        }

        string local = p.Name + "_s";
        string wide = p.CanonType;
        string Refuse(string value) => $"if (({p.BaseType}){value} != {value}) return MANA_RC_ABSENT;";
        if (!p.IsArray)
        {
            string after = $"*{p.Name} = ({wide}){local};";
            return p.Direction switch
            {
                Direction.In => new([Refuse(p.Name)], $"({p.BaseType}){p.Name}", [], []),
                Direction.Out => new([$"{p.BaseType} {local} = 0;"], $"&{local}", [after], []),
                _ => new([Refuse("*" + p.Name), $"{p.BaseType} {local} = ({p.BaseType})*{p.Name};"], $"&{local}", [after], []),
            };
        }

        string count = p.Name + "_n";
        string copy = p.IsOut
            ? $"for (int i = 0; i < {count}; i++) {p.Name}[i] = {local}[i];"
            : $"if (px_narrow_{Suffix(p.BaseType)}({local}, {p.Name}, {count})) return MANA_RC_ABSENT;";
        List<string> before = Allocate(p, all, p.BaseType);
        if (!p.IsOut)
        {
            before.Add(copy);
        }

        return new(before, local, p.IsOut ? [copy] : [], Release(p, all));
    }

    /// <summary>Whether <see cref="Narrow"/> can do it: every array that changes its type has a length.</summary>
    public static bool CanNarrow(IReadOnlyList<ApiParameter> all) =>
        all.All(p => p.Kind != "plain" || p.Type == p.BaseType || p.Array != "any");

    // What is the same in both worlds but for the name of the type: 64-bit integers that C still holds apart.
    private static bool NeedsCast(ApiParameter p) =>
        p.Kind is "plain" or "opaque" && (p.IsOut || p.IsArray) && p.CanonType != p.MpiType && p.MpiType != "MPI_Fint";

    private static string Suffix(string type) => type == "MPI_Aint" ? "aint" : "int";

    private static Snippet Handle(ApiParameter p)
    {
        string local = p.Name + "_s";
        return p.Direction switch
        {
            Direction.In => Snippet.Plain($"px_{p.Id}({p.Name})"),
            Direction.Out => new(
                [$"{p.MpiType} {local} = PX_NULL_{p.Id};"], $"&{local}", [.. Quieten(p, local), $"*{p.Name} = px_{p.Id}_store(*{p.Name}, {local});"], []),
            _ => new(
                [$"{p.MpiType} {local} = px_{p.Id}(*{p.Name});"], $"&{local}", [], [$"*{p.Name} = px_{p.Id}_update(*{p.Name}, {local});"]),
        };
    }

    // Communicators and files inherit MPI_ERRORS_RETURN; a window starts with MPI_ERRORS_ARE_FATAL (MPI-4.1 section 12.2.1).
    private static IEnumerable<string> Quieten(ApiParameter p, string local) =>
        p.Kind == "win" ? [$"MPI_Win_set_errhandler({local}, MPI_ERRORS_RETURN);"] : [];

    private static Snippet Value(ApiParameter p)
    {
        string local = p.Name + "_s";
        string type = p.MpiType;
        return p.Direction switch
        {
            Direction.In => Snippet.Plain($"px_{p.Id}_in({p.Name})"),
            Direction.Out => new([$"{type} {local} = 0;"], $"&{local}", [$"*{p.Name} = px_{p.Id}_out({local});"], []),
            _ => new([$"{type} {local} = px_{p.Id}_in(*{p.Name});"], $"&{local}", [$"*{p.Name} = px_{p.Id}_out({local});"], []),
        };
    }

    private static Snippet Array(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        string local = p.Name + "_s";
        string count = p.Name + "_n";
        string convert = p.IsHandle ? $"px_{p.Id}({p.Name}[i])" : $"px_{p.Id}_in({p.Name}[i])";
        List<string> before = Allocate(p, all, p.MpiType);
        if (p.Direction != Direction.Out)
        {
            before.Add($"for (int i = 0; i < {count}; i++) {local}[i] = {convert};");
        }

        // No function but the hand-written ones gives back arrays of new objects: what comes here is predefined.
        string back = p.IsHandle ? $"px_reverse({p.KindMacro}, (uintptr_t){local}[i])" : $"px_{p.Id}_out({local}[i])";
        IReadOnlyList<string> after = p.IsOut ? [$"for (int i = 0; i < {count}; i++) {p.Name}[i] = {back};"] : [];
        return new(before, local, after, Release(p, all));
    }

    // An array that the operation still reads after the call belongs to the request; any other lives on the stack.
    private static List<string> Allocate(ApiParameter p, IReadOnlyList<ApiParameter> all, string type)
    {
        string local = p.Name + "_s";
        string count = p.Name + "_n";
        return
        [
            $"int {count} = {Count(p, all)};",
            Request(p, all) is null
                ? $"PX_ARRAY({type}, {local}, {count});"
                : $"{type} *{local} = px_kept_new((size_t){count} * sizeof({type}));",
            $"if (!{local}) return MANA_ERR_NO_MEM;",
        ];
    }

    private static IReadOnlyList<string> Release(ApiParameter p, IReadOnlyList<ApiParameter> all) => Request(p, all) is { } request
        ? [$"if (rc == MPI_SUCCESS) px_request_keep(*{request.Name}, {p.Name}_s);", $"else px_kept_delete({p.Name}_s);"]
        : [$"PX_ARRAY_FREE({p.Name}_s);"];

    private static ApiParameter? Request(ApiParameter p, IReadOnlyList<ApiParameter> all) =>
        p.Lifetime == Lifetime.Request ? all.FirstOrDefault(a => a is { Kind: "request", Direction: Direction.Out }) : null;

    private static Snippet Status(ApiParameter p)
    {
        string local = p.Name + "_s";
        return p.Direction == Direction.Out
            ? new([$"MPI_Status {local};"], $"{p.Name} ? &{local} : MPI_STATUS_IGNORE", [],
                [$"if ({p.Name} && px_status_is_set(rc)) px_status_out({p.Name}, &{local});"])
            : throw new InvalidOperationException($"{p.Name}: a status never crosses downward");
    }

    private static string Count(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        string length = p.Array switch
        {
            "comm-size" => "px_peers(comm)",
            "root-comm-size" => "px_root_peers(comm, root)",
            "local-comm-size" => "px_local_size(comm)",
            "in-degree" => "px_in_degree(comm)",
            "out-degree" => "px_out_degree(comm)",
            string name when all.FirstOrDefault(a => a.Name == name)?.IsOut == true => $"{name} ? (int)*{name} : 0",
            string name => $"(int)({name})",
            null => throw new InvalidOperationException($"array {p.Name} has no length"),
        };
        return p.UnlessInPlace is { } buffer ? $"px_is_in_place({buffer}) ? 0 : {length}" : length;
    }
}
