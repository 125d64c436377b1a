using System.Globalization;
using Mana.Common.Errors;
using Mana.Common.Words;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Mana.Common.Toml;

/// <summary>
/// One table of a TOML file, read strictly: every key is taken by name and type, and <see cref="Close"/> refuses what nobody took.
/// Every complaint names file, line and column.
/// </summary>
public sealed class TomlSection
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    internal TomlSection(string name, SourcePlace place)
    {
        Name = name;
        Place = place;
    }

    public string Name { get; }

    public SourcePlace Place { get; }

    public IEnumerable<string> Keys => _entries.Keys;

    internal sealed record Entry(object Value, SourcePlace Place);

    /// <summary>Reads a whole file; syntax errors and duplicate keys are reported with their place.</summary>
    public static TomlSection Read(string file) => Parse(ReadText(file), file);

    internal static string ReadText(string file)
    {
        try
        {
            return System.IO.File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(TomlErrors.Unreadable(file, e.Message), e);
        }
    }

    public static TomlSection Parse(string text, string file)
    {
        DocumentSyntax document = ParseSyntax(text, file);
        // The scanner's complaints come after the parser's, which are often only their consequence: the first place is the one to mend.
        DiagnosticMessage? first = document.Diagnostics.Where(m => m.Kind == DiagnosticMessageKind.Error).MinBy(m => m.Span.Start.Offset);
        return first is null
            ? TomlTree.Build(document, file)
            : throw new UserErrorException(TomlErrors.Syntax(TomlTree.Place(file, first.Span), first.Message));
    }

    private static DocumentSyntax ParseSyntax(string text, string file)
    {
        try
        {
            return SyntaxParser.Parse(text, file, validate: true);
        }
        catch (TomlException e)
        {
            // Nested beyond any use: the only mistake that is thrown, and without its place.
            throw new UserErrorException(TomlErrors.Syntax(new SourcePlace(file), e.Message), e);
        }
    }

    /// <summary>Who asks knows the key: it is not refused by <see cref="Close"/>.</summary>
    public bool Has(string key)
    {
        _taken.Add(key);
        return _entries.ContainsKey(key);
    }

    /// <summary>Where a key stands, or the section where it is absent.</summary>
    public SourcePlace PlaceOf(string key) => _entries.TryGetValue(key, out Entry? entry) ? entry.Place : Place;

    public string Text(string key) => Required<string>(key, "a string");

    public string Text(string key, string absent) => Optional<string>(key, "a string") ?? absent;

    /// <summary>One of the words that are allowed.</summary>
    public string Word(string key, IEnumerable<string> allowed)
    {
        string value = Text(key);
        return allowed.Contains(value, StringComparer.Ordinal) ? value : throw new UserErrorException(TomlErrors.BadValue(PlaceOf(key), key, value, allowed));
    }

    public long Number(string key) => Required<object>(key, "a whole number") is long n ? n : throw Mistyped(key, "a whole number");

    public long Number(string key, long absent) => Has(key) ? Number(key) : absent;

    public bool Flag(string key, bool absent) =>
        !Has(key) ? absent : Required<object>(key, "true or false") is bool b ? b : throw Mistyped(key, "true or false");

    public IReadOnlyList<string> Texts(string key) => Optional<IReadOnlyList<object>>(key, "a list of strings") is { } list
        ? list.Select(item => item as string ?? throw Mistyped(key, "a list of strings")).ToArray()
        : [];

    /// <summary>A table of free names and string values, as environment variables are.</summary>
    public IReadOnlyDictionary<string, string> Pairs(string key)
    {
        TomlSection? section = Optional<TomlSection>(key, "a table");
        return section is null
            ? new Dictionary<string, string>(StringComparer.Ordinal)
            : section.Keys.ToDictionary(k => k, section.Text, StringComparer.Ordinal);
    }

    public TomlSection Section(string key) => Required<TomlSection>(key, "a table");

    public TomlSection? SectionOrNull(string key) => Optional<TomlSection>(key, "a table");

    public IReadOnlyList<TomlSection> Sections(string key) =>
        Peek(key) is List<object> { Count: 0 } && _taken.Add(key) ? [] : Optional<List<TomlSection>>(key, "a list of tables") ?? [];

    /// <summary>A string or a whole number (as long); null where the key is absent.</summary>
    public object? TextOrNumber(string key) =>
        Optional<object>(key, "a string or a whole number") is not { } value ? null
        : value is string or long ? value : throw Mistyped(key, "a string or a whole number");

    /// <summary>Refuses keys that the reader of this section does not know.</summary>
    public void Close()
    {
        foreach ((string key, Entry entry) in _entries)
            if (!_taken.Contains(key)) throw new UserErrorException(TomlErrors.UnknownKey(entry.Place, key, Name, _taken));
    }

    internal bool TryAdd(string key, object value, SourcePlace place) => _entries.TryAdd(key, new Entry(value, place));

    internal object? Peek(string key) => _entries.TryGetValue(key, out Entry? entry) ? entry.Value : null;

    private T Required<T>(string key, string expected) where T : class =>
        Optional<T>(key, expected) ?? throw new UserErrorException(
            _entries.Keys.FirstOrDefault(k => !_taken.Contains(k) && Spelling.IsClose(k, key)) is { } slip
                ? TomlErrors.Misspelled(PlaceOf(slip), slip, key, Name)
                : TomlErrors.MissingKey(Place, key, Name, expected));

    private T? Optional<T>(string key, string expected) where T : class
    {
        _taken.Add(key);
        if (!_entries.TryGetValue(key, out Entry? entry)) return null;
        return entry.Value as T ?? throw Mistyped(key, expected);
    }

    private UserErrorException Mistyped(string key, string expected) =>
        new(TomlErrors.Mistyped(PlaceOf(key), key, expected, Describe(_entries[key].Value)));

    private static string Describe(object value) => value switch
    {
        string s => $"the string \"{s}\"",
        long n => "the number " + n.ToString(CultureInfo.InvariantCulture),
        bool b => b ? "true" : "false",
        TomlSection => "a table",
        List<TomlSection> => "a list of tables",
        _ => "a value of another kind",
    };
}
