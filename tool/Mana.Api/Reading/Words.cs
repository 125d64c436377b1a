using Mana.Common.Toml;

namespace Mana.Api.Reading;

/// <summary>Words of the description that stand for the values of an enumeration.</summary>
internal static class Words
{
    public static Form Form(TomlSection s, string key, Form absent = Api.Form.Auto) => Read<Form>(s, key, absent);

    public static Direction Direction(TomlSection s, string key) => Read<Direction>(s, key, Api.Direction.In);

    public static Lifetime Lifetime(TomlSection s, string key) => Read<Lifetime>(s, key, Api.Lifetime.Call);

    public static Presence Presence(TomlSection s, string key) => Read<Presence>(s, key, absent: null);

    public static Abi Abi(TomlSection s, string key) => Read<Abi>(s, key, absent: null);

    /// <summary>Takes a word that must be one of a set.</summary>
    public static string OneOf(TomlSection s, string key, string what, IEnumerable<string> known)
    {
        string word = s.Text(key);
        return known.Contains(word, StringComparer.Ordinal) ? word : throw ApiErrors.Unknown(s.PlaceOf(key), what, word, known);
    }

    private static T Read<T>(TomlSection s, string key, T? absent) where T : struct, Enum
    {
        if (absent is { } value && !s.Has(key)) return value;
        string word = s.Text(key);
        foreach (T candidate in Enum.GetValues<T>())
            if (Spelling(candidate) == word) return candidate;
        throw ApiErrors.Unknown(s.PlaceOf(key), key, word, Enum.GetValues<T>().Select(Spelling));
    }

    private static string Spelling<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
