using Mana.Common.Toml;

namespace Mana.Api.Reading;

/// <summary>Reads a whole folder, expands the variants, and checks what holds between files.</summary>
internal static class DescriptionReader
{
    public static ApiDescription Read(string folder)
    {
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.toml") : [];
        if (files.Length == 0) throw ApiErrors.NoFolder(folder);
        Array.Sort(files, StringComparer.Ordinal);
        List<RawFunction> functions = [];
        ConstantReader constants = new();
        List<StubLibrary> libraries = [];
        foreach (string file in files) ReadFile(TomlSection.Read(file), functions, constants, libraries);
        DescriptionRules.Check(functions, constants, libraries);
        return new ApiDescription
        {
            Functions = Numbered(functions.SelectMany(f => f.Variants())),
            Groups = constants.Groups,
            Handles = constants.Handles,
            Libraries = libraries,
        };
    }

    private static void ReadFile(TomlSection file, List<RawFunction> functions, ConstantReader constants, List<StubLibrary> libraries)
    {
        if (file.Has("family"))
        {
            _ = file.Text("family"); // for the reader of the file
            functions.AddRange(file.Sections("function").Select(FunctionReader.Read));
            file.Close();
        }
        else if (file.Has("abi"))
        {
            libraries.AddRange(LibraryReader.Read(file));
        }
        else
        {
            foreach (TomlSection group in file.Sections("group")) constants.Read(group);
            file.Close();
        }
    }

    private static List<ApiFunction> Numbered(IEnumerable<ApiFunction> variants)
    {
        int next = 0;
        return [.. variants.Select(f => f.Proxy == Form.None ? f : f with { Slot = next++ })];
    }
}

/// <summary>What must hold between the files of the description.</summary>
internal static class DescriptionRules
{
    /// <summary>MPI_TABLE_SLOTS of native/include/split_abi.h.</summary>
    private const int MaxSlots = 2048;

    public static void Check(List<RawFunction> functions, ConstantReader constants, List<StubLibrary> libraries)
    {
        Dictionary<string, RawFunction> byName = new(StringComparer.Ordinal);
        foreach (RawFunction f in functions)
            foreach (ApiFunction variant in f.Variants())
                if (!byName.TryAdd(variant.Name, f))
                    throw ApiErrors.Duplicate(f.Section.Place, "function", variant.Name, byName[variant.Name].Section.Place);
        HashSet<string> groups = [.. constants.Groups.Select(g => g.Kind)];
        HashSet<string> bounds = [.. constants.Groups.Where(g => g.Kind == "bound").SelectMany(g => g.Constants).Select(c => c.Macro)];
        foreach (RawFunction f in functions)
        {
            CheckAlias(f, byName);
            foreach (RawParameter p in f.Parameters) CheckConstants(p, groups, bounds);
        }
        CheckObjects(constants, libraries);
        int crossing = functions.SelectMany(f => f.Variants()).Count(f => f.Proxy != Form.None);
        if (crossing > MaxSlots)
            throw ApiErrors.Contradiction(functions[^1].Section.Place, $"{crossing} functions cross, but the table has {MaxSlots} slots",
                "Enlarge MPI_TABLE_SLOTS in split_abi.h and MaxSlots here.");
    }

    private static void CheckAlias(RawFunction f, Dictionary<string, RawFunction> byName)
    {
        if (f.Base.As is not { } target) return;
        bool fits = byName.TryGetValue(target, out RawFunction? other) && other.Base.As is null
            && other.Parameters.Select(p => p.Base.Kind).SequenceEqual(f.Parameters.Select(p => p.Base.Kind), StringComparer.Ordinal);
        if (!fits)
            throw ApiErrors.Contradiction(f.PlaceOf("as"), $"{f.Base.Name} cannot be another name of {target}",
                "Name a function with parameters of the same kinds.");
    }

    private static void CheckConstants(RawParameter p, HashSet<string> groups, HashSet<string> bounds)
    {
        string kind = p.Base.Kind;
        if ((Kinds.Enumerations.Contains(kind) || Kinds.Masks.Contains(kind)) && !groups.Contains(kind))
            throw ApiErrors.Contradiction(p.PlaceOf("kind"), $"no group of constants has the kind \"{kind}\"",
                "Add the group to constants.toml.");
        if (p.Base.Bound is { } bound && bound.StartsWith("MANA_MAX_", StringComparison.Ordinal) && !bounds.Contains(bound))
            throw ApiErrors.Unknown(p.PlaceOf("bound"), "bound", bound, bounds);
    }

    private static void CheckObjects(ConstantReader constants, List<StubLibrary> libraries)
    {
        HashSet<string> objects = [.. libraries.Where(l => l.Abi == Abi.OpenMpi).SelectMany(l => l.Objects).Select(o => o.Name)];
        foreach (PredefinedHandle h in constants.Handles)
            if (h.OpenMpi is not null && !objects.Contains(h.OpenMpi))
                throw ApiErrors.Contradiction(constants.PlaceOf(h.Name), $"no library exports the object {h.OpenMpi} of {h.Name}",
                    "Correct its name, or add the object to objects-openmpi.toml.");
    }
}
