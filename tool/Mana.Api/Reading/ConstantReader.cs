using Mana.Common.Errors;
using Mana.Common.Toml;

namespace Mana.Api.Reading;

/// <summary>Reads the [[group]] tables of constants.toml and handles.toml.</summary>
internal sealed class ConstantReader
{
    private readonly Dictionary<string, SourcePlace> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<uint, string> _canonical = [];

    public List<ConstantGroup> Groups { get; } = [];

    public List<PredefinedHandle> Handles { get; } = [];

    public void Read(TomlSection group)
    {
        if (group.Has("handles")) ReadHandles(group);
        else ReadConstants(group);
        group.Close();
    }

    public SourcePlace PlaceOf(string name) => _names[name];

    private void ReadConstants(TomlSection group)
    {
        string kind = Words.OneOf(group, "kind", "group of constants", Kinds.Enumerations.Concat(Kinds.Masks).Concat(Kinds.ExtraGroups));
        if (Groups.Any(g => g.Kind == kind))
            throw ApiErrors.Contradiction(group.PlaceOf("kind"), $"there are two groups \"{kind}\"", "Join them.");
        bool isTable = Kinds.Enumerations.Contains(kind) || Kinds.Masks.Contains(kind);
        List<Constant> constants = [];
        foreach (TomlSection s in group.Sections("constants"))
        {
            Constant c = new()
            {
                Name = Name(s),
                Kind = kind,
                Canonical = s.Number("canonical"),
                Mpich = Value(s, "mpich"),
                OpenMpi = Value(s, "openmpi"),
                MpichFortran = s.Has("mpich_fortran") ? s.Number("mpich_fortran") : null,
                OpenMpiFortran = s.Has("openmpi_fortran") ? s.Number("openmpi_fortran") : null,
                AliasOf = s.Has("alias_of") ? s.Text("alias_of") : null,
            };
            s.Close();
            Constant? same = constants.Find(o => o.Canonical == c.Canonical);
            if (isTable && same is not null && c.AliasOf is null)
                throw ApiErrors.Contradiction(s.PlaceOf("canonical"), $"{c.Name} and {same.Name} have the same canonical value",
                    "Give it a free value, or alias_of.");
            if (c.AliasOf is not null && same?.Name != c.AliasOf) throw BadAlias(s, c.Name, c.AliasOf);
            constants.Add(c);
        }
        Groups.Add(new ConstantGroup(kind, constants));
    }

    private void ReadHandles(TomlSection group)
    {
        string kind = Words.OneOf(group, "kind", "kind of handle", Kinds.Handles.Keys);
        foreach (TomlSection s in group.Sections("handles"))
        {
            PredefinedHandle h = new()
            {
                Name = Name(s),
                Kind = kind,
                Canonical = (uint)Bounded(s, "canonical", 1, 4095),
                Mpich = s.Has("mpich") ? (uint)Bounded(s, "mpich", 0, uint.MaxValue) : null,
                OpenMpi = s.Has("openmpi") ? s.Text("openmpi") : null,
                OpenMpiFortran = s.Has("openmpi_fortran") ? (int)Bounded(s, "openmpi_fortran", 0, int.MaxValue) : null,
                AliasOf = s.Has("alias_of") ? s.Text("alias_of") : null,
            };
            s.Close();
            if (h.AliasOf is not null)
            {
                if (!_canonical.TryGetValue(h.Canonical, out string? primary) || primary != h.AliasOf) throw BadAlias(s, h.Name, h.AliasOf);
            }
            else if (!_canonical.TryAdd(h.Canonical, h.Name))
            {
                throw ApiErrors.Contradiction(s.PlaceOf("canonical"),
                    $"{h.Name} and {_canonical[h.Canonical]} have the same canonical value",
                    "Give it a free value from 0xf00 on, or alias_of.");
            }
            Handles.Add(h);
        }
    }

    private string Name(TomlSection s)
    {
        string name = s.Text("name");
        return _names.TryAdd(name, s.Place) ? name : throw ApiErrors.Duplicate(s.PlaceOf("name"), "constant", name, _names[name]);
    }

    private static AbiValue? Value(TomlSection s, string key) => s.TextOrNumber(key) switch
    {
        null => null,
        string symbol => new AbiValue(0, symbol),
        object number => new AbiValue((long)number),
    };

    private static long Bounded(TomlSection s, string key, long least, long most)
    {
        long value = s.Number(key);
        return value >= least && value <= most ? value
            : throw ApiErrors.Contradiction(s.PlaceOf(key), $"{key} = {value} is out of range", $"Give a value from {least} to {most}.");
    }

    private static UserErrorException BadAlias(TomlSection s, string name, string alias) => ApiErrors.Contradiction(
        s.PlaceOf("alias_of"), $"{name} cannot be an alias of {alias}",
        "Name an earlier entry of the same group with the same canonical value.");
}
