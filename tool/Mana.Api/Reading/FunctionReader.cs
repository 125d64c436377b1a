using Mana.Common.Errors;
using Mana.Common.Toml;

namespace Mana.Api.Reading;

/// <summary>A function as it stands in the file, before it is expanded into variants.</summary>
internal sealed record RawFunction(ApiFunction Base, bool HasLarge, IReadOnlyList<RawParameter> Parameters, TomlSection Section)
{
    public SourcePlace PlaceOf(string key) => Section.PlaceOf(key);

    /// <summary>The base variant and, where there is one, the large-count variant.</summary>
    public IEnumerable<ApiFunction> Variants()
    {
        yield return Base with { Parameters = In(large: false) };
        if (!HasLarge) yield break;
        yield return Base with
        {
            Name = Base.Name + "_c",
            IsLarge = true,
            Since = "4.0",
            InOpenMpi = Presence.Absent,
            Fortran = Form.None,
            Parameters = In(large: true),
        };
    }

    private List<ApiParameter> In(bool large) => [.. Parameters.Select(p => p.In(large)).OfType<ApiParameter>()];
}

/// <summary>Reads one [[function]] table.</summary>
internal static class FunctionReader
{
    public static RawFunction Read(TomlSection s)
    {
        string name = s.Text("name");
        string? alias = s.Has("as") ? s.Text("as") : null;
        bool isError = s.Flag("error", absent: true);
        TomlSection presence = s.Section("presence");
        List<RawParameter> parameters = [.. s.Sections("params").Select(p => ParameterReader.Read(p, name))];
        if (!s.Has("params")) throw ApiErrors.Missing(s.Place, name, "params", "an empty list where it has none");
        ApiFunction function = new()
        {
            Name = name,
            BaseName = name,
            Class = Words.OneOf(s, "class", "checkpoint class", CheckpointClasses.All),
            Core = Words.Form(s, "core", alias is null ? Form.Auto : Form.None),
            Proxy = Words.Form(s, "proxy", alias is null ? Form.Auto : Form.None),
            Stub = Words.Form(s, "stub"),
            Fortran = Words.Form(s, "fortran"),
            As = alias,
            Returns = isError ? s.Text("returns", "int") : s.Text("returns"),
            IsError = isError,
            Since = Version(s, "since"),
            Deprecated = Version(s, "deprecated"),
            Removed = Version(s, "removed"),
            InMpich = Words.Presence(presence, "mpich"),
            InOpenMpi = Words.Presence(presence, "openmpi"),
            Parameters = [],
        };
        RawFunction raw = new(function, s.Flag("large", absent: false), parameters, s);
        presence.Close();
        s.Close();
        FunctionRules.Check(raw);
        return raw;
    }

    private static string? Version(TomlSection s, string key) => s.Has(key)
        ? Words.OneOf(s, key, "MPI version", ["1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "3.0", "3.1", "4.0", "4.1", "5.0"])
        : null;
}
