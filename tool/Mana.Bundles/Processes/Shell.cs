using System.Text;

namespace Mana.Bundles.Processes;

/// <summary>The two meetings with shell syntax: showing a command that can be pasted, and reading what a compiler wrapper prints.</summary>
public static class Shell
{
    private const string Plain = "-_./:=,+@%^";

    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>Splits a line into words as sh does: blanks, quotes and backslashes; no expansion.</summary>
    public static IReadOnlyList<string> Split(string line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool open = false;
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quote != '\0' && c == quote) quote = '\0';
            else if (quote == '\0' && c is '\'' or '"') (quote, open) = (c, true);
            else if (c == '\\' && quote != '\'' && i + 1 < line.Length) (_, open) = (word.Append(line[++i]), true);
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (open) words.Add(word.ToString());
                word.Clear();
                open = false;
            }
            else (_, open) = (word.Append(c), true);
        }
        if (open) words.Add(word.ToString());
        return words;
    }
}
