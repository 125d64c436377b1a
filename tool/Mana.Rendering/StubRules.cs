using Mana.Api;

namespace Mana.Rendering;

/// <summary>Application ABI to canonical and back, parameter by parameter. Conversions are named abi_KIND_in and abi_KIND_out.</summary>
public static class StubRules
{
    public static Snippet Convert(ApiParameter p, ApiFunction f)
    {
        Snippet snippet = Convert(p, f.Parameters);
        if (f.Class == "tool" && snippet.After.Count > 0)
        {
            // MPI_T leaves out what is not wanted (MPI-4.1 section 15.3.3).
            return snippet with { After = [.. snippet.After.Select(line => $"if ({p.Name}) {line}")] };
        }

        return p.IsHandle && p.Direction == Direction.Out && !p.IsArray ? NewHandle(p, snippet) : snippet;
    }

    /// <summary>
    /// Lines that refuse null pointers where the stub itself would read or write through them: the site never sees the application's
    /// pointer, so it cannot. As in the MPIs' own checks of arguments, MPI_COMM_WORLD answers, since no object is to blame yet.
    /// </summary>
    public static IEnumerable<string> Refusals(ApiFunction f) =>
        f.Class == "tool" || !f.IsError
            ? []
            : f.Parameters.Where(p => (p.IsHandle || p.IsValue) && (p.IsOut || p.IsArray)).Select(p => Refusal(p, f));

    private static string Refusal(ApiParameter p, ApiFunction f)
    {
        string comm = f.Parameters.FirstOrDefault(a => a is { Kind: "comm", IsArray: false }) is { } c ? $"abi_comm_in({c.Name})" : "0";
        string needed = p.IsArray ? $" && {Length(p, f.Parameters, comm)} > 0" : "";
        return $"if (__builtin_expect(!{p.Name}, 0){needed}) "
            + $"return abi_error_code_out(core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_ERR_ARG, \"{f.Symbol}\"));";
    }

    // A constructor that failed leaves a null handle.
    private static Snippet NewHandle(ApiParameter p, Snippet snippet)
    {
        return snippet with
        {
            Always = [.. snippet.Always, $"if (__builtin_expect(rc != 0, 0)) *{p.Name} = abi_{p.Id}_out({p.NullMacro});"],
        };
    }

    private static Snippet Convert(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        if (p.Kind == "buffer")
        {
            return Snippet.Plain(p.IsConst ? $"abi_buffer_in({p.Name})" : $"(void *)abi_buffer_in({p.Name})");
        }

        if (p.Kind == "weights")
        {
            // MPI_UNWEIGHTED where weights would be given back: they are not wanted.
            return Snippet.Plain($"{(p.IsOut ? "(int *)(uintptr_t)" : "")}abi_weights_in({p.Name})");
        }

        if (p.Kind == "status")
        {
            return Status(p);
        }

        if (p.Kind == "string-out" && p.Bound?.StartsWith("MANA_", StringComparison.Ordinal) == true)
        {
            return BoundedString(p, all);
        }

        if (p.Kind == "t-object")
        {
            return new([$"mana_h {p.Name}_c = abi_t_object_in({p.Name});"], $"{p.Name} ? &{p.Name}_c : NULL", [], []);
        }

        if (p is { Type: "MPI_T_pvar_handle", Direction: Direction.In })
        {
            return Snippet.Plain($"abi_pvar_handle_in({p.Name})");
        }

        if (p.Kind == "function")
        {
            return Snippet.Plain($"(void *){p.Name}");
        }

        if (!p.IsHandle && !p.IsValue)
        {
            return Snippet.Plain(p.Kind == "opaque" && p.IsOut ? $"(void **){p.Name}" : p.Name);
        }

        return p.IsArray ? Array(p, all) : Scalar(p, all);
    }

    /// <summary>C expression for the number of elements of an array parameter.</summary>
    public static string Length(ApiParameter p, IReadOnlyList<ApiParameter> all, string commExpression)
    {
        string length = p.Array switch
        {
            "comm-size" or "root-comm-size" or "local-comm-size" => $"core_peers({commExpression})",
            "in-degree" => $"core_in_degree({commExpression})",
            "out-degree" => $"core_out_degree({commExpression})",
            null or "any" => throw new InvalidOperationException($"array {p.Name} of kind {p.Kind} has no usable length"),
            string name => Scale(name, all),
        };

        if (p.RootOnly)
        {
            length = $"({AtRoot(all)} ? {length} : 0)";
        }

        return p.UnlessInPlace is { } buffer ? $"(abi_in_place({buffer}) ? 0 : {length})" : length;
    }

    private static string Scale(string rule, IReadOnlyList<ApiParameter> all)
    {
        ApiParameter? by = all.FirstOrDefault(a => a.Name == rule);
        return by?.IsOut == true ? $"({rule} ? *{rule} : 0)" : rule;
    }

    private static string AtRoot(IReadOnlyList<ApiParameter> all)
    {
        string comm = all.First(a => a is { Kind: "comm", Direction: Direction.In }).Name;
        return $"core_is_root(abi_comm_in({comm}), abi_rank_in(root))";
    }

    private static Snippet Scalar(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        if (p is { RootOnly: true, IsHandle: true })
        {
            return Snippet.Plain($"({AtRoot(all)} ? abi_{p.Id}_in({p.Name}) : {p.NullMacro})");
        }

        string local = p.Name + "_c";
        string type = p.CanonType;
        return p.Direction switch
        {
            Direction.In => Snippet.Plain($"abi_{p.Id}_in({p.Name})"),
            Direction.Out => new([$"{type} {local} = 0;"], $"&{local}", [$"*{p.Name} = abi_{p.Id}_out({local});"], []),
            _ => new(
                [$"{type} {local} = abi_{p.Id}_in(*{p.Name});"], $"&{local}", [$"*{p.Name} = abi_{p.Id}_out({local});"],
                [.. Consumed(p, "", $"*{p.Name}", local)]),
        };
    }

    private static Snippet Array(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        string local = p.Name + "_c";
        string count = p.Name + "_n";
        string comm = all.FirstOrDefault(a => a is { Kind: "comm", IsArray: false }) is { } c ? $"abi_comm_in({c.Name})" : "0";
        List<string> before =
        [
            $"int {count} = {Length(p, all, comm)};",
            $"if ({count} < 0) {count} = 0;",
            $"CORE_ARRAY({p.CanonType}, {local}, {count});",
            $"if (!{local}) return abi_error_code_out(MANA_ERR_NO_MEM);",
        ];
        if (p.Direction != Direction.Out)
        {
            before.Add($"for (int i = 0; i < {count}; i++) {local}[i] = abi_{p.Id}_in({p.Name}[i]);");
        }

        IReadOnlyList<string> after =
            p.IsOut ? [$"for (int i = 0; i < {count}; i++) {p.Name}[i] = abi_{p.Id}_out({local}[i]);"] : [];
        string each = $"for (int i = 0; i < {count}; i++) ";
        return new(before, local, after, [.. Consumed(p, each, $"{p.Name}[i]", $"{local}[i]"), $"CORE_ARRAY_FREE({local});"]);
    }

    // A call that fails may have completed or freed an object all the same (MPI_Wait with MPI_ERR_TRUNCATE): its handle is null then.
    private static IEnumerable<string> Consumed(ApiParameter p, string each, string handle, string local) =>
        p is { IsHandle: true, Direction: Direction.InOut }
            ? [$"if (__builtin_expect(rc != 0, 0)) {each}{{ if ({local} == {p.NullMacro}) {handle} = abi_{p.Id}_out({p.NullMacro}); }}"]
            : [];

    private static Snippet Status(ApiParameter p)
    {
        string local = p.Name + "_c";
        string pointer = p.Name + "_p";
        return p.Direction switch
        {
            Direction.In => new([$"mana_status {local} = abi_status_in({p.Name});"], $"&{local}", [], []),
            Direction.InOut => new(
                [$"mana_status {local} = abi_status_in({p.Name});"], $"&{local}", [$"abi_status_out({p.Name}, &{local});"], []),
            _ => new(
                [
                    $"mana_status {local}, *{pointer} = abi_status_ignored({p.Name}) ? NULL : &{local};",
                    $"{local}.source = MANA_STATUS_UNSET;",
                ],
                pointer, [], [$"if ({pointer} && {local}.source != MANA_STATUS_UNSET) abi_status_out({p.Name}, {pointer});"]),
        };
    }

    private static Snippet BoundedString(ApiParameter p, IReadOnlyList<ApiParameter> all)
    {
        string local = p.Name + "_c";
        string bound = p.Bound!.Replace("MANA_MAX_", "ABI_MAX_", StringComparison.Ordinal);
        string length = all.Any(a => a.Name == "resultlen" && a.IsOut) ? "*resultlen = " : "(void)";
        return new(
            [$"char {local}[{p.Bound} + 1];", $"{local}[0] = 0;"], local, [$"{length}abi_string_out({p.Name}, {local}, {bound});"], []);
    }
}
