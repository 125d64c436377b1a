using Mana.Common.Toml;

namespace Mana.Api.Reading;

/// <summary>Reads an objects-*.toml: what the libraries of one ABI export beside the MPI functions.</summary>
internal static class LibraryReader
{
    public static IEnumerable<StubLibrary> Read(TomlSection file)
    {
        Abi abi = Words.Abi(file, "abi");
        List<StubLibrary> libraries = [.. file.Sections("library").Select(s => Library(s, abi))];
        file.Close();
        return libraries;
    }

    private static StubLibrary Library(TomlSection s, Abi abi)
    {
        StubLibrary library = new(abi, s.Text("soname"), [.. s.Sections("objects").Select(Object)], s.Texts("functions"));
        TomlSection[] objects = [.. s.Sections("objects")];
        for (int i = 0; i < objects.Length; i++)
        {
            string name = library.Objects[i].Name;
            int first = library.Objects.ToList().FindIndex(o => o.Name == name);
            if (first < i) throw ApiErrors.Duplicate(objects[i].Place, "object", name, objects[first].Place);
        }
        s.Close();
        return library;
    }

    private static DataObject Object(TomlSection s)
    {
        long size = s.Number("size");
        if (size is < 1 or > 1 << 20)
            throw ApiErrors.Contradiction(s.PlaceOf("size"), $"size = {size} is out of range", "Give the st_size of the symbol in bytes.");
        DataObject item = new(s.Text("name"), (int)size, s.Has("value") ? (int)s.Number("value") : null);
        s.Close();
        return item;
    }
}
