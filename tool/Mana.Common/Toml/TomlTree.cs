using Mana.Common.Errors;
using Tomlyn.Syntax;

namespace Mana.Common.Toml;

/// <summary>Turns Tomlyn's syntax tree, which knows every place, into nested <see cref="TomlSection"/>s.</summary>
internal static class TomlTree
{
    /// <summary>Tomlyn counts lines and columns from 0, editors from 1.</summary>
    public static SourcePlace Place(string file, SourceSpan span) => new(file, span.Start.Line + 1, span.Start.Column + 1);

    public static TomlSection Build(DocumentSyntax document, string file)
    {
        TomlSection root = new("the file", new SourcePlace(file));
        foreach (KeyValueSyntax pair in document.KeyValues) Add(root, pair, file);
        foreach (TableSyntaxBase table in document.Tables)
        {
            TomlSection section = Open(root, table, file);
            foreach (KeyValueSyntax pair in table.Items) Add(section, pair, file);
        }
        return root;
    }

    private static TomlSection Open(TomlSection root, TableSyntaxBase table, string file)
    {
        SourcePlace place = Place(file, table.Span);
        string[] path = Path(table.Name!);
        TomlSection parent = Descend(root, path.AsSpan(0, path.Length - 1), place);
        string key = path[^1];
        string title = "[" + string.Join('.', path) + "]";
        TomlSection section = new(title, place);
        if (table is TableArraySyntax)
        {
            if (parent.Peek(key) is not List<TomlSection> list) parent.TryAdd(key, list = [], place);
            list.Add(section);
            return section;
        }
        // [a.b] before [a] is legal: the table that was made on the way is the one meant.
        return parent.TryAdd(key, section, place) ? section : Descend(root, path, place);
    }

    private static TomlSection Descend(TomlSection from, ReadOnlySpan<string> path, SourcePlace place)
    {
        foreach (string key in path)
        {
            if (from.Peek(key) is List<TomlSection> list)
            {
                from = list[^1];
                continue;
            }
            if (from.Peek(key) is null) from.TryAdd(key, new TomlSection($"[{key}]", place), place);
            from = from.Peek(key) as TomlSection ?? throw new UserErrorException(TomlErrors.Syntax(place, $"'{key}' is not a table"));
        }
        return from;
    }

    private static void Add(TomlSection section, KeyValueSyntax pair, string file)
    {
        SourcePlace place = Place(file, pair.Span);
        string[] path = Path(pair.Key!);
        TomlSection target = Descend(section, path.AsSpan(0, path.Length - 1), place);
        if (!target.TryAdd(path[^1], Value(pair.Value!, path[^1], file), place))
            throw new UserErrorException(TomlErrors.Syntax(place, $"the key '{path[^1]}' stands twice"));
    }

    private static object Value(ValueSyntax value, string key, string file)
    {
        switch (value)
        {
            case StringValueSyntax text: return text.Value ?? "";
            case IntegerValueSyntax number: return number.Value;
            case BooleanValueSyntax flag: return flag.Value;
            case ArraySyntax array: return List(array, key, file);
            case InlineTableSyntax inline:
                TomlSection section = new($"[{key}]", Place(file, inline.Span));
                foreach (InlineTableItemSyntax item in inline.Items) Add(section, item.KeyValue!, file);
                return section;
            default: return value;
        }
    }

    private static object List(ArraySyntax array, string key, string file)
    {
        List<object> items = [.. array.Items.Select(item => Value(item.Value!, key, file))];
        return items.Count > 0 && items.TrueForAll(item => item is TomlSection) ? items.Cast<TomlSection>().ToList() : items;
    }

    private static string[] Path(KeySyntax key) =>
        [Part(key.Key!), .. key.DotKeys.Select(dot => Part(dot.Key!))];

    private static string Part(BareKeyOrStringValueSyntax part) => part switch
    {
        BareKeySyntax bare => bare.Key?.Text?.Trim() ?? "",
        StringValueSyntax text => text.Value ?? "",
        _ => part.ToString().Trim(),
    };
}
