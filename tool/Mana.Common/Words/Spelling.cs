namespace Mana.Common.Words;

/// <summary>Guesses what a person meant to write.</summary>
public static class Spelling
{
    private const int MostMistakes = 2, LettersPerMistake = 3;

    /// <summary>
    /// Whether a person may have meant one and written the other: one letter in three, at most two, is added, left out, changed, or swapped with its neighbour. So two short
    /// names are never taken for each other.
    /// </summary>
    public static bool IsClose(string written, string meant) => Mistakes(written, meant) <= Math.Min(MostMistakes, meant.Length / LettersPerMistake);

    /// <summary>Row i, column j: the mistakes between the first i letters that were written and the first j that were meant.</summary>
    private static int Mistakes(string written, string meant)
    {
        int[,] between = new int[written.Length + 1, meant.Length + 1];
        for (int i = 0; i <= written.Length; i++)
            for (int j = 0; j <= meant.Length; j++)
                between[i, j] = i == 0 || j == 0 ? i + j : Least(between, i, j, written, meant);
        return between[written.Length, meant.Length];
    }

    private static int Least(int[,] between, int i, int j, string written, string meant)
    {
        int changed = between[i - 1, j - 1] + (written[i - 1] == meant[j - 1] ? 0 : 1), oneMore = between[i - 1, j] + 1, oneLess = between[i, j - 1] + 1;
        bool swapped = i > 1 && j > 1 && written[i - 1] == meant[j - 2] && written[i - 2] == meant[j - 1];
        return Math.Min(Math.Min(changed, swapped ? between[i - 2, j - 2] + 1 : changed), Math.Min(oneMore, oneLess));
    }
}
