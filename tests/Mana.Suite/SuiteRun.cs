using System.Diagnostics;
using Mana.Testing;

namespace Mana.Suite;

/// <summary>Runs tests of one setting, one after the other, and judges them.</summary>
internal sealed class SuiteRun(Setting setting, SuiteBuild build, LaunchTemplate launch, Exceptions exceptions)
{
    private static readonly TimeSpan ShortestLimit = TimeSpan.FromMinutes(3);

    /// <summary>Stops before `until`; then results are missing in the file, and a later call brings them.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RunAsync(IReadOnlyList<SuiteTest> tests, ResultFile results, DateTime until)
    {
        HashSet<string> done = [.. results.Read().Select(r => r.Test)];
        SuiteTest[] left = [.. tests.Where(t => !done.Contains(t.Key))];
        for (int ran = 0; ran < left.Length; ran++)
        {
            if (DateTime.UtcNow > until) return left.Length - ran;
            Result result = await JudgeAsync(left[ran]);
            results.Add(result);
            if (result.Verdict != Verdict.Pass) Console.WriteLine($"  {result.Verdict,-11} {result.Test}  {result.Note}");
        }
        return 0;
    }

    /// <summary>A failure counts when it happens twice and the same program passes natively here and now.</summary>
    private async Task<Result> JudgeAsync(SuiteTest test)
    {
        if (!build.IsBuilt(test)) return new Result(test.Key, Verdict.NotBuilt, 0, "");
        Stopwatch watch = Stopwatch.StartNew();
        Outcome outcome = await RunOnceAsync(launch.Words(test), test);
        Result Judged(Verdict verdict, string note) => new(test.Key, verdict, watch.Elapsed.TotalSeconds, note);
        if (test.Passed(outcome)) return Judged(Verdict.Pass, "");
        if (exceptions.Find(test, setting) is { } known) return Judged(Verdict.Excepted, known.Reason);
        Outcome second = await RunOnceAsync(launch.Words(test), test);
        if (test.Passed(second)) return Judged(Verdict.SecondTry, Summary(outcome));
        Outcome native = await RunOnceAsync(LaunchTemplate.Native(setting.BuiltFor).Words(test), test);
        return Judged(test.Passed(native) ? Verdict.Fail : Verdict.NativeFails, Summary(second));
    }

    private Task<Outcome> RunOnceAsync(IReadOnlyList<string> words, SuiteTest test)
    {
        Dictionary<string, string?> environment = new(launch.Environment, StringComparer.Ordinal);
        foreach ((string name, string value) in test.Environment) environment[name] = value;
        TimeSpan limit = test.TimeLimit > ShortestLimit ? test.TimeLimit : ShortestLimit;
        return Bounded.RunAsync(words, Path.Combine(build.Top, test.Folder), environment, limit);
    }

    private static string Summary(Outcome outcome)
    {
        string said = string.Join(' ', (outcome.Output + "\n" + outcome.Errors).Split((char[])[' ', '\n', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries));
        return (outcome.TimedOut ? "timed out: " : $"exit {outcome.ExitCode}: ") + (said.Length > 240 ? said[..240] : said);
    }
}

/// <summary>How a test is launched: words in which {np}, {prog}, {args} and {launcher-args} (each after --launcher-arg) or {mpiexec-args} stand for the test's own.</summary>
internal sealed record LaunchTemplate(IReadOnlyList<string> Template, IReadOnlyDictionary<string, string?> Environment)
{
    public static LaunchTemplate Native(Mpi mpi) => new([mpi.Launcher, "-n", "{np}", "{mpiexec-args}", "{prog}", "{args}"], Mpi.Environment);

    public static LaunchTemplate Mana(InstalledTool tool, Mpi bundle) =>
        new([tool.Mana, "launch", "--bundle", bundle.Name, "-n", "{np}", "{launcher-args}", "--", "{prog}", "{args}"], tool.Environment);

    public IReadOnlyList<string> Words(SuiteTest test) =>
    [
        .. Template.SelectMany(word => word switch
        {
            "{args}" => test.Arguments,
            "{mpiexec-args}" => test.LauncherArguments,
            "{launcher-args}" => test.LauncherArguments.SelectMany(a => (string[])["--launcher-arg", a]),
            _ => [word.Replace("{np}", test.Ranks.ToString(), StringComparison.Ordinal).Replace("{prog}", "./" + test.Program, StringComparison.Ordinal)],
        }),
    ];
}
