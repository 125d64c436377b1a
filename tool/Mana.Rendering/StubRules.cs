namespace Mana.Rendering;

/// <summary>Application ABI to canonical and back, parameter by parameter. Conversions are named abi_KIND_in and abi_KIND_out.</summary>
public static class StubRules
{
    public static Snippet Convert(Arg p, IReadOnlyList<Arg> all)
    {
        if (p.Kind == "buffer")
        {
            return Snippet.Plain(p.IsConst ? $"abi_buffer_in({p.Name})" : $"(void *)abi_buffer_in({p.Name})");
        }

        if (p.Kind == "weights" && !p.IsOut)
        {
            return Snippet.Plain($"abi_weights_in({p.Name})");
        }

        if (p.Kind == "status")
        {
            return Status(p);
        }

        if (p.Kind == "string-out" && p.Bound?.StartsWith("MANA_", StringComparison.Ordinal) == true)
        {
            return BoundedString(p, all);
        }

        if (p.Kind == "function")
        {
            return Snippet.Plain($"(void *){p.Name}");
        }

        if (!p.IsHandle && !p.IsValue)
        {
            return Snippet.Plain(p.Name);
        }

        return p.IsArray ? Array(p, all) : Scalar(p);
    }

    /// <summary>C expression for the number of elements of an array parameter.</summary>
    public static string Length(Arg p, IReadOnlyList<Arg> all, string commExpression)
    {
        string length = p.Array switch
        {
            "comm-size" or "root-comm-size" or "local-comm-size" => $"core_peers({commExpression})",
            "in-degree" => $"core_in_degree({commExpression})",
            "out-degree" => $"core_out_degree({commExpression})",
            null or "any" => throw new InvalidOperationException($"array {p.Name} of kind {p.Kind} has no usable length"),
            string name => Scale(name, all),
        };

        return p.UnlessInPlace is { } buffer ? $"(abi_in_place({buffer}) ? 0 : {length})" : length;
    }

    private static string Scale(string rule, IReadOnlyList<Arg> all)
    {
        Arg? by = all.FirstOrDefault(a => a.Name == rule);
        return by is { IsOut: true } ? $"*{rule}" : rule;
    }

    private static Snippet Scalar(Arg p)
    {
        string local = p.Name + "_c";
        string type = p.CanonType;
        return p.Flow switch
        {
            Flow.In => Snippet.Plain($"abi_{p.Id}_in({p.Name})"),
            Flow.Out => new([$"{type} {local} = 0;"], $"&{local}", [$"*{p.Name} = abi_{p.Id}_out({local});"], []),
            _ => new(
                [$"{type} {local} = abi_{p.Id}_in(*{p.Name});"], $"&{local}", [$"*{p.Name} = abi_{p.Id}_out({local});"], []),
        };
    }

    private static Snippet Array(Arg p, IReadOnlyList<Arg> all)
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
        if (p.Flow != Flow.Out)
        {
            before.Add($"for (int i = 0; i < {count}; i++) {local}[i] = abi_{p.Id}_in({p.Name}[i]);");
        }

        IReadOnlyList<string> after =
            p.IsOut ? [$"for (int i = 0; i < {count}; i++) {p.Name}[i] = abi_{p.Id}_out({local}[i]);"] : [];
        return new(before, local, after, [$"CORE_ARRAY_FREE({local});"]);
    }

    private static Snippet Status(Arg p)
    {
        string local = p.Name + "_c";
        string pointer = p.Name + "_p";
        return p.Flow switch
        {
            Flow.In => new([$"mana_status {local} = abi_status_in({p.Name});"], $"&{local}", [], []),
            Flow.InOut => new(
                [$"mana_status {local} = abi_status_in({p.Name});"], $"&{local}", [$"abi_status_out({p.Name}, &{local});"], []),
            _ => new(
                [
                    $"mana_status {local}, *{pointer} = abi_status_ignored({p.Name}) ? NULL : &{local};",
                    $"{local}.source = MANA_STATUS_UNSET;",
                ],
                pointer, [], [$"if ({pointer} && {local}.source != MANA_STATUS_UNSET) abi_status_out({p.Name}, {pointer});"]),
        };
    }

    private static Snippet BoundedString(Arg p, IReadOnlyList<Arg> all)
    {
        string local = p.Name + "_c";
        string bound = p.Bound!.Replace("MANA_MAX_", "ABI_MAX_", StringComparison.Ordinal);
        string length = all.Any(a => a is { Name: "resultlen", IsOut: true }) ? "*resultlen = " : "(void)";
        return new(
            [$"char {local}[{p.Bound} + 1];", $"{local}[0] = 0;"], local, [$"{length}abi_string_out({p.Name}, {local}, {bound});"], []);
    }
}
