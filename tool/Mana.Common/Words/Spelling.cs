namespace Mana.Common.Words;

internal static class Spelling
{
    /// <summary>Whether a person may have meant one and written the other: at most two letters are added, left out or changed (two swapped are two changed).</summary>
    public static bool IsClose(string written, string meant)
    {
        int[] row = [.. Enumerable.Range(0, meant.Length + 1)];
        for (int i = 1; i <= written.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= meant.Length; j++)
            {
                int change = diagonal + (written[i - 1] == meant[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[meant.Length] <= 2;
    }
}
