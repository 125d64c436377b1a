using Mana.Api;

namespace Mana.Rendering;

/// <summary>
/// Fortran to the C binding of the same application ABI, parameter by parameter: mpif.h and `use mpi` pass everything by reference.
/// Conversions are named f_KIND_in and f_KIND_out (native/fortran/fortran.h). MPI-4.1 section 19.3.
/// </summary>
public static class FortranRules
{
    public static Snippet Convert(ApiParameter p, IReadOnlyList<ApiParameter> all, Abi abi) => p.Kind switch
    {
        "buffer" => Snippet.Plain(p.IsConst ? $"f_buffer({p.Name})" : $"(void *)f_buffer({p.Name})"),
        "weights" => Snippet.Plain($"f_weights({p.Name})"),
        "status" => Status(p),
        "logical" when !p.IsArray => Logical(p),
        "index" => Index(p),
        "string" => new([$"F_TEXT_IN({p.Name});"], p.Name + "_c", [], [$"F_TEXT_FREE({p.Name});"]),
        "string-out" => TextOut(p, all),
        _ when p.IsHandle => Handle(p, all, abi),
        _ when p.FortranType is not null => Narrow(p, all),
        _ when IsTextBound(p, all) => TextBound(p),
        _ => Snippet.Plain(p.IsOut || p.IsArray || p.Kind == "pointer-out" ? Pointer(p) : $"*{p.Name}"),
    };

    /// <summary>The parameter as the entry point declares it. Lengths of strings come after all parameters: <see cref="Hidden"/>.</summary>
    public static string Declare(ApiParameter p) => p.Kind switch
    {
        "buffer" => $"{(p.IsConst ? "const " : "")}void *{p.Name}",
        "pointer-out" => $"void *{p.Name}",
        "string" => $"const char *{p.Name}",
        "string-out" => $"char *{p.Name}",
        "weights" => $"{(p.IsOut ? "" : "const ")}int *{p.Name}",
        _ => $"{(p.IsOut || (p.IsArray && !p.IsConst) ? "" : "const ")}{Element(p)} *{p.Name}",
    };

    /// <summary>Compilers pass the length of a string by value, in widths that differ: the low 32 bits are right for all.</summary>
    public static string? Hidden(ApiParameter p) => p.Kind is "string" or "string-out" ? $"int {p.Name}_len" : null;

    private static string Element(ApiParameter p)
    {
        if (p.IsHandle || p.Kind is "status" or "logical" or "index") return "MPI_Fint";
        return p.FortranType ?? p.MpiType;
    }

    private static string Pointer(ApiParameter p) => p.Array == "n*3" ? $"(int(*)[3]){p.Name}" : p.Name;

    private static Snippet Handle(ApiParameter p, IReadOnlyList<ApiParameter> all, Abi abi)
    {
        // MPICH's C handles are the Fortran integers themselves; only MPI_File is a pointer.
        if (abi == Abi.Mpich && p.Kind != "file")
        {
            return Snippet.Plain(p.IsOut || p.IsArray ? p.Name : $"*{p.Name}");
        }

        string local = p.Name + "_c";
        string type = p.MpiType;
        if (p.IsArray) return HandleArray(p, all);
        return p.Direction switch
        {
            Direction.In => Snippet.Plain($"f_{p.Id}_in(*{p.Name})"),
            Direction.Out => new([$"{type} {local} = NULL;"], $"&{local}", [$"*{p.Name} = f_{p.Id}_out({local});"], []),
            _ => new([$"{type} {local} = f_{p.Id}_in(*{p.Name});"], $"&{local}", [], [$"*{p.Name} = f_{p.Id}_out({local});"]),
        };
    }

    private static Snippet HandleArray(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        string local = p.Name + "_c";
        string count = p.Name + "_n";
        string loop = $"for (int i = 0; i < {count}; i++) ";
        List<string> before = [$"int {count} = {Length(p, all)};", $"F_ARRAY({p.MpiType}, {local}, {count});"];
        before.Add(p.Direction == Direction.Out
            ? $"{loop}{local}[i] = NULL;"
            : $"{loop}{local}[i] = f_{p.Id}_in({p.Name}[i]);");
        List<string> always = [];
        if (p.Direction == Direction.InOut) always.Add($"{loop}{p.Name}[i] = f_{p.Id}_out({local}[i]);");
        always.Add($"F_ARRAY_FREE({local});");
        // The call may fill fewer than there is room for.
        IReadOnlyList<string> after =
            p.Direction == Direction.Out ? [$"{loop}if ({local}[i]) {p.Name}[i] = f_{p.Id}_out({local}[i]);"] : [];
        return new(before, local, after, always);
    }

    private static string Length(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        string length = p.Array switch
        {
            "comm-size" => "mana_fortran_length(FORTRAN_PEERS, *comm)",
            "in-degree" => "mana_fortran_length(FORTRAN_IN_DEGREE, *comm)",
            "out-degree" => "mana_fortran_length(FORTRAN_OUT_DEGREE, *comm)",
            { } name when all.Any(a => a.Name == name) => "*" + name,
            _ => throw new InvalidOperationException($"array {p.Name} of kind {p.Kind} has no length that Fortran can know"),
        };
        return p.UnlessInPlace is { } buffer ? $"f_is_in_place({buffer}) ? 0 : {length}" : length;
    }

    private static Snippet Status(ApiParameter p) => p.Direction switch
    {
        Direction.Out => Snippet.Plain(p.IsArray ? $"f_statuses({p.Name})" : $"f_status({p.Name})"),
        Direction.In => Snippet.Plain($"(const MPI_Status *){p.Name}"),
        _ => Snippet.Plain($"(MPI_Status *){p.Name}"),
    };

    private static Snippet Logical(ApiParameter p)
    {
        string local = p.Name + "_c";
        return p.Direction == Direction.In
            ? Snippet.Plain($"f_logical_in(*{p.Name})")
            : new([$"int {local} = 0;"], $"&{local}", [$"*{p.Name} = f_logical_out({local});"], []);
    }

    // From 1 in Fortran. A set that completed with errors in its statuses has indices too, as many as completed.
    private static Snippet Index(ApiParameter p)
    {
        if (p.IsArray) return new([], p.Name, [], [$"f_indices_out(rc, *outcount, {p.Name});"]);
        string local = p.Name + "_c";
        return new([$"int {local} = MANA_UNDEFINED;"], $"&{local}", [], [$"*{p.Name} = f_index_out({local});"]);
    }

    // The MPI-1 bindings have INTEGER where C has MPI_Aint.
    private static Snippet Narrow(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        string local = p.Name + "_c";
        if (p.IsArray)
        {
            string count = p.Name + "_n";
            return new(
                [
                    $"int {count} = {Length(p, all)};",
                    $"F_ARRAY({p.MpiType}, {local}, {count});",
                    $"for (int i = 0; i < {count}; i++) {local}[i] = {p.Name}[i];",
                ],
                local, [], [$"F_ARRAY_FREE({local});"]);
        }

        return p.Direction == Direction.In
            ? Snippet.Plain($"*{p.Name}")
            : new(
                [$"{p.MpiType} {local} = 0;"], $"&{local}",
                [$"*{p.Name} = ({p.FortranType}){local};"], []);
    }

    private static bool IsTextBound(ApiParameter p, IReadOnlyList<ApiParameter> all) =>
        p.IsOut && all.Any(a => a.Bound == p.Name);

    // C counts the terminating null, Fortran has none.
    private static Snippet TextBound(ApiParameter p)
    {
        string local = p.Name + "_c";
        return new(
            [$"int {p.Name}_room = *{p.Name} > 0 ? *{p.Name} : 0;", $"int {local} = {p.Name}_room ? {p.Name}_room + 1 : 0;"],
            $"&{local}", [$"*{p.Name} = {local} > 0 ? {local} - 1 : 0;"], []);
    }

    private static Snippet TextOut(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        string local = p.Name + "_c";
        ApiParameter? bound = all.FirstOrDefault(a => a.Name == p.Bound);
        string? room = bound is null ? null : bound.IsOut ? bound.Name + "_room" : $"(*{bound.Name} > 0 ? *{bound.Name} : 0)";
        List<string> conditions = [];
        if (all.Any(a => a is { Name: "flag", Kind: "logical" })) conditions.Add("flag_c");
        if (bound is { IsOut: true }) conditions.Add(room!);
        string condition = conditions.Count > 0 ? $"if ({string.Join(" && ", conditions)}) " : "";
        return new(
            [room is null ? $"char {local}[{p.Bound} + 1];" : $"F_ARRAY(char, {local}, {room} + 1);", $"{local}[0] = 0;"],
            local,
            [$"{condition}f_text_out({p.Name}, {p.Name}_len, {local});"],
            room is null ? [] : [$"F_ARRAY_FREE({local});"]);
    }
}
