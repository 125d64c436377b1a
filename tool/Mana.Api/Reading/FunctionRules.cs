namespace Mana.Api.Reading;

/// <summary>What must hold of one function by itself.</summary>
internal static class FunctionRules
{
    private static readonly HashSet<string> ArrayRules = new(StringComparer.Ordinal)
    {
        "comm-size", "local-comm-size", "root-comm-size", "in-degree", "out-degree", "cart-dims", "any",
    };

    private static readonly HashSet<string> LengthKinds = new(["plain", "logical", "index"], StringComparer.Ordinal);

    public static void Check(RawFunction f)
    {
        CheckForms(f);
        Dictionary<string, RawParameter> byName = new(StringComparer.Ordinal);
        foreach (RawParameter p in f.Parameters)
            if (!byName.TryAdd(p.Base.Name, p))
                throw ApiErrors.Duplicate(p.Section.Place, $"parameter of {f.Base.Name}", p.Base.Name, byName[p.Base.Name].Section.Place);
        foreach (RawParameter p in f.Parameters)
        {
            CheckArray(f, p, byName);
            CheckReferences(f, p, byName);
            CheckLarge(f, p);
        }
        RawParameter? open = f.Parameters.FirstOrDefault(p => p.Base.Kind == "varargs");
        if (open is not null && (open != f.Parameters[^1] || f.Base.Stub != Form.Hand))
            throw ApiErrors.Contradiction(open.Section.Place, $"varargs of {f.Base.Name} cannot be generated",
                "Make it the last parameter and give the function stub = \"hand\".");
    }

    private static void CheckForms(RawFunction f)
    {
        ApiFunction b = f.Base;
        if (b.As is not null && (b.Core != Form.None || b.Proxy != Form.None || b.Stub != Form.Auto))
            throw ApiErrors.Contradiction(f.PlaceOf("as"),
                $"{b.Name} is another name of {b.As}, so it has no core, proxy or stub of its own",
                "Remove core, proxy and stub.");
        if (b is { Core: Form.Auto, Proxy: Form.None })
            throw ApiErrors.Contradiction(f.PlaceOf("proxy"), $"{b.Name} never crosses and has no core: nobody would do it",
                "Give it core = \"hand\", or let it cross.");
        if (b is { Core: Form.None, As: null } && (b.Proxy != Form.None || b.Stub != Form.Hand))
            throw ApiErrors.Contradiction(f.PlaceOf("core"), $"{b.Name} has no core, so its stub must do all of it",
                "Give it proxy = \"none\" and stub = \"hand\".");
        foreach ((string key, Form form) in new[] { ("proxy", b.Proxy), ("stub", b.Stub), ("fortran", b.Fortran) })
            if (form == Form.Inline)
                throw ApiErrors.Contradiction(f.PlaceOf(key), $"the {key} of {b.Name} cannot be inline", "Only a core can: use auto, hand or none.");
        if (b.Stub == Form.None)
            throw ApiErrors.Contradiction(f.PlaceOf("stub"), $"{b.Name} has no stub",
                "Use auto or hand: applications link to every function.");
        if (b is { InMpich: Presence.Absent, InOpenMpi: Presence.Absent })
            throw ApiErrors.Contradiction(f.PlaceOf("presence"), $"no ABI has {b.Name}", "Remove the function, or correct its presence.");
    }

    private static void CheckArray(RawFunction f, RawParameter p, Dictionary<string, RawParameter> byName)
    {
        if (p.Base.Array is not { } rule || ArrayRules.Contains(rule)) return;
        if (int.TryParse(rule, out int length) && length > 0) return;
        string counter = rule.EndsWith("*3", StringComparison.Ordinal) ? rule[..^2] : rule;
        if (!byName.TryGetValue(counter, out RawParameter? count) || !LengthKinds.Contains(count.Base.Kind) || count.Base.IsArray
            || (count.LargeOnly && !p.LargeOnly))
        {
            throw ApiErrors.DanglingArray(p.PlaceOf("array"), f.Base.Name, rule);
        }
    }

    private static void CheckReferences(RawFunction f, RawParameter p, Dictionary<string, RawParameter> byName)
    {
        if (p.Base.UnlessInPlace is { } buffer && (!byName.TryGetValue(buffer, out RawParameter? other) || other.Base.Kind != "buffer"))
            throw ApiErrors.Contradiction(p.PlaceOf("unless_in_place"), $"{f.Base.Name} has no buffer \"{buffer}\"",
                "Name its buffer parameter.");
        if (p.Base.Bound is { } bound && !bound.StartsWith("MANA_MAX_", StringComparison.Ordinal) && !byName.ContainsKey(bound))
            throw ApiErrors.Contradiction(p.PlaceOf("bound"),
                $"the bound \"{bound}\" is neither a MANA_MAX_ constant nor a parameter of {f.Base.Name}",
                "Name one of the two.");
    }

    private static void CheckLarge(RawFunction f, RawParameter p)
    {
        if (f.HasLarge || (p.LargeType is null && !p.LargeOnly)) return;
        throw ApiErrors.Contradiction(p.Section.Place, $"{f.Base.Name} has no large-count variant, but its parameter {p.Base.Name} has",
            "Add large = true to the function, or remove it from the parameter.");
    }
}
