using System.Text;

namespace Mana.Bundles.Launch;

/// <summary>
/// Words on their way to the program. .NET decodes arguments and environment as UTF-8 and puts U+FFFD where they are none: here a byte 0xNN that is none is the lone
/// surrogate U+DCNN. A launcher reads some words itself. Both travel escaped: %XX is a byte, in hexadecimal (mana-lower's --escaped).
/// </summary>
public static class ExactText
{
    /// <summary>Where the ranks of one program end and those of another begin, to mpiexec and srun, wherever it stands.</summary>
    private const string LaunchersColon = ":";

    /// <summary>The last words of this process's command line, each as it was given.</summary>
    /// <param name="words">As .NET has them.</param>
    public static string[] Words(string[] words)
    {
        if (!words.Any(w => w.Contains(Rune.ReplacementChar.ToString(), StringComparison.Ordinal))) return words;
        string[] all = Split(File.ReadAllBytes("/proc/self/cmdline"));
        return all.Length >= words.Length ? all[^words.Length..] : words;
    }

    /// <summary>NAME=VALUE, of those variables of this process that are not UTF-8.</summary>
    public static IReadOnlyList<string> Variables() => [.. Split(File.ReadAllBytes("/proc/self/environ")).Where(HasBytes)];

    /// <summary>Whether it would not reach the program as it is.</summary>
    public static bool NeedsEscape(string word) => word == LaunchersColon || HasBytes(word);

    public static string Escape(string word)
    {
        StringBuilder text = new(word.Length);
        for (int i = 0; i < word.Length; i++)
        {
            if (word[i] is '%' or ':' || IsByte(word, i)) text.Append($"%{word[i] & 0xff:X2}");
            else text.Append(word[i]);
        }
        return text.ToString();
    }

    internal static string[] Split(ReadOnlySpan<byte> words)
    {
        List<string> all = [];
        foreach (Range word in words.Split((byte)0)) all.Add(Decode(words[word]));
        if (all.Count > 0 && all[^1].Length == 0) all.RemoveAt(all.Count - 1); // a zero ends each word
        return [.. all];
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (whole)
                text.Append(rune.ToString());
            else
                foreach (byte b in bytes[..length]) text.Append((char)(0xdc00 + b));
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    private static bool HasBytes(string word) => Enumerable.Range(0, word.Length).Any(i => IsByte(word, i));

    /// <summary>Not the second half of a pair, which stands for a character.</summary>
    private static bool IsByte(string word, int i) => word[i] is >= '\udc80' and <= '\udcff' && (i == 0 || !char.IsHighSurrogate(word[i - 1]));
}
