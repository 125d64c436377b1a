using Mana.Common.Errors;
using Mana.Common.Toml;

namespace Mana.Api.Reading;

/// <summary>A parameter as it stands in the file: the facts of both variants, and where each is written.</summary>
internal sealed record RawParameter(ApiParameter Base, string? LargeType, bool LargeOnly, TomlSection Section)
{
    public SourcePlace PlaceOf(string key) => Section.PlaceOf(key);

    /// <summary>The parameter in one variant; null where that variant lacks it.</summary>
    public ApiParameter? In(bool large) =>
        large ? Base with { Type = LargeType ?? Base.Type } : LargeOnly ? null : Base;
}

/// <summary>Reads one inline table of `params`.</summary>
internal static class ParameterReader
{
    public static RawParameter Read(TomlSection s, string function)
    {
        string name = s.Text("name");
        string kind = Words.OneOf(s, "kind", "kind", Kinds.All);
        string type = s.Text("type", "");
        ApiParameter parameter = new()
        {
            Name = name,
            Kind = kind,
            Direction = Words.Direction(s, "dir"),
            IsConst = s.Flag("const", absent: false),
            Array = s.Has("array") ? s.Text("array") : null,
            Type = type.Length > 0 ? type : null,
            BaseType = type.Length > 0 ? type : null,
            Lifetime = Words.Lifetime(s, "lifetime"),
            Bound = s.Has("bound") ? s.Text("bound") : null,
            RootOnly = s.Flag("root_only", absent: false),
            UnlessInPlace = s.Has("unless_in_place") ? s.Text("unless_in_place") : null,
            FortranType = s.Has("fortran") ? s.Text("fortran") : null,
        };
        RawParameter raw = new(parameter, s.Has("large") ? s.Text("large") : null, s.Flag("large_only", absent: false), s);
        s.Close();
        CheckType(raw, $"{function}.{name}");
        return raw;
    }

    private static void CheckType(RawParameter raw, string where)
    {
        ApiParameter p = raw.Base;
        bool typed = Kinds.Typed.Contains(p.Kind);
        if (typed && p.Type is null)
            throw ApiErrors.Missing(raw.Section.Place, where, "type", $"a parameter of kind {p.Kind} needs its C type");
        if (!typed && p.Type is not null)
            throw ApiErrors.Contradiction(raw.PlaceOf("type"), $"{where} has a type, but its kind {p.Kind} implies one",
                "Remove the type.");
        if (!typed && raw.LargeType is not null)
            throw ApiErrors.Contradiction(raw.PlaceOf("large"), $"{where} of kind {p.Kind} cannot be large", "Remove large.");
        if (p.Kind == "string-out" && p.Bound is null)
            throw ApiErrors.Missing(raw.Section.Place, where, "bound",
                "a MANA_MAX_ constant, or the parameter that holds the caller's bound");
    }
}
