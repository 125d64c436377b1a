using System.Text;

namespace Mana.Common.Toml;

/// <summary>Writes TOML by hand, since the files we write carry comments for the person who edits them.</summary>
public sealed class TomlText
{
    private readonly StringBuilder _text = new();

    public TomlText Comment(string line)
    {
        _text.Append("# ").AppendLine(line);
        return this;
    }

    public TomlText Table(string name)
    {
        if (_text.Length > 0) _text.AppendLine();
        _text.Append('[').Append(name).AppendLine("]");
        return this;
    }

    public TomlText Item(string name)
    {
        _text.AppendLine().Append("[[").Append(name).AppendLine("]]");
        return this;
    }

    public TomlText Pair(string key, string value) => Raw(key, Quote(value));

    public TomlText Pair(string key, long value) => Raw(key, value.ToString());

    public TomlText Pair(string key, bool value) => Raw(key, value ? "true" : "false");

    public TomlText Pair(string key, IEnumerable<string> values)
    {
        string[] quoted = [.. values.Select(Quote)];
        string line = string.Join(", ", quoted);
        return Raw(key, line.Length < 100 ? $"[{line}]" : "[\n  " + string.Join(",\n  ", quoted) + ",\n]");
    }

    public override string ToString() => _text.ToString();

    public static string Quote(string value)
    {
        StringBuilder text = new("\"");
        foreach (char c in value)
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                < ' ' or '\x7f' => $"\\u{(int)c:X4}",
                _ => c.ToString(),
            });
        return text.Append('"').ToString();
    }

    private TomlText Raw(string key, string value)
    {
        bool bare = key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        _text.Append(bare ? key : Quote(key)).Append(" = ").AppendLine(value);
        return this;
    }
}
