using Mana.Common.Errors;

namespace Mana.Common.Toml;

public static class TomlErrors
{
    public static UserError Unreadable(string file, string reason) =>
        new("a file cannot be read: " + reason, "Check the path and its permissions.", file);

    public static UserError Syntax(SourcePlace place, string message) =>
        new("this is not valid TOML: " + message, "Correct this line of the file.", place.ToString());

    public static UserError UnknownKey(SourcePlace place, string key, string section, IEnumerable<string> known) =>
        new($"unknown key '{key}' in {section}", "Remove it or correct its spelling; known here: " + string.Join(", ", known.Order(StringComparer.Ordinal)) + ".",
            place.ToString());

    public static UserError Misspelled(SourcePlace place, string key, string meant, string section) =>
        new($"unknown key '{key}' in {section}, where '{meant}' is missing", $"Correct its spelling: {meant} = ...", place.ToString());

    public static UserError MissingKey(SourcePlace place, string key, string section, string expected) =>
        new($"the key '{key}' is missing in {section}", $"Add {key} = ... ({expected}).", place.ToString());

    public static UserError Mistyped(SourcePlace place, string key, string expected, string found) =>
        new($"the key '{key}' needs {expected}, but has {found}", "Correct the value.", place.ToString());

    public static UserError BadValue(SourcePlace place, string key, string value, string allowed) =>
        new($"the key '{key}' cannot be {value}", allowed, place.ToString());

    public static UserError BadValue(SourcePlace place, string key, string value, IEnumerable<string> allowed) =>
        new($"the key '{key}' has the unknown value \"{value}\"", "Use one of: " + string.Join(", ", allowed) + ".", place.ToString());
}
