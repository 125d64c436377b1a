namespace Mana.Suite;

/// <summary>The table by folder, and the sum.</summary>
internal static class Report
{
    /// <summary>Prints the table of one setting.</summary>
    /// <returns>Passed, failed and skipped; failures within the setting's allowance count as skipped.</returns>
    public static (int Passed, int Failed, int Skipped) Print(Setting setting, IReadOnlyList<Result> results)
    {
        Verdict[] columns = Enum.GetValues<Verdict>();
        Console.WriteLine($"\nbuilt for {setting.BuiltFor}, on {setting.Bundle}");
        Console.WriteLine($"{"folder",-12}" + string.Concat(columns.Select(c => $"{c,12}")));
        foreach (IGrouping<string, Result> family in results.GroupBy(r => r.Test.Split('/')[0], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
            Console.WriteLine($"{family.Key,-12}" + Cells(family));
        Console.WriteLine($"{"all",-12}" + Cells(results));
        foreach (Result late in results.Where(r => r.Verdict == Verdict.SecondTry)) Console.WriteLine($"passed at the second try: {late.Test}  ({late.Note})");
        int passed = results.Count(r => r.Verdict is Verdict.Pass or Verdict.SecondTry), failed = results.Count(r => r.Verdict == Verdict.Fail);
        int excepted = results.Count(r => r.Verdict == Verdict.Excepted);
        double share = passed + failed + excepted == 0 ? 0 : (double)passed / (passed + failed + excepted);
        Console.WriteLine($"{share:P1} of those that pass natively; {setting.Required:P0} required" + (setting.Required < 1 ? "" : ", but for the exceptions"));
        int skipped = results.Count - passed - failed;
        return setting.Required < 1 && share >= setting.Required ? (passed, 0, skipped + failed) : (passed, failed, skipped);

        string Cells(IEnumerable<Result> some) => string.Concat(columns.Select(c => $"{some.Count(r => r.Verdict == c),12}"));
    }
}
