using System.Globalization;
using Mana.Testing;

namespace Mana.Suite;

/// <summary>When a test has passed: `resultTest=` in a testlist.</summary>
internal enum PassRule
{
    /// <summary>Exit code 0, and "No Errors" said.</summary>
    NoErrors,

    /// <summary>A non-zero exit code is what is tested.</summary>
    Status,

    /// <summary>A non-zero exit code, and "No Errors" said.</summary>
    StatusNoErrors,
}

/// <summary>One line of a testlist of MPICH's test/mpi.</summary>
/// <param name="Folder">Relative to test/mpi; the test runs in it.</param>
internal sealed record SuiteTest(string Folder, string Program, int Ranks)
{
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyList<string> LauncherArguments { get; init; } = [];

    public PassRule Rule { get; init; }

    public TimeSpan TimeLimit { get; init; }

    /// <summary>Names the test in verdicts and exceptions: "attr/attrt 2", then its arguments and variables.</summary>
    public string Key => string.Join(' ', [$"{Folder}/{Program}", Ranks.ToString(), .. Arguments, .. Environment.Select(e => $"{e.Key}={e.Value}")]);

    public string Family => Folder.Split('/')[0];

    /// <summary>Reads the testlists of a built suite, from the top down. Fortran, C++ and performance folders are left out.</summary>
    public static IReadOnlyList<SuiteTest> ReadAll(string top)
    {
        List<SuiteTest> tests = [];
        Walk("");
        return tests;

        void Walk(string folder)
        {
            string list = Path.Combine(top, folder, "testlist");
            if (!File.Exists(list)) return;
            foreach (string line in File.ReadLines(list).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
            {
                string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
                if (!Directory.Exists(Path.Combine(top, folder, words[0]))) tests.Add(Parse(folder, words));
                else if (words[0] is not ("f77" or "f90" or "f08" or "cxx" or "perf" or "basic" or "ft" or "ckpoint" or "manual")) Walk(Path.Combine(folder, words[0]));
            }
        }
    }

    private static SuiteTest Parse(string folder, string[] words)
    {
        SuiteTest test = new(folder, words[0], 2);
        foreach (string word in words[1..])
        {
            if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int ranks))
            {
                test = test with { Ranks = ranks };
                continue;
            }
            string[] pair = word.Split('=', 2);
            if (pair.Length < 2) continue;
            string[] variable = pair[1].Split('=', 2);
            test = pair[0] switch
            {
                "arg" => test with { Arguments = [.. test.Arguments, pair[1]] },
                "mpiexecarg" => test with { LauncherArguments = [.. test.LauncherArguments, pair[1]] },
                "env" => test with { Environment = new Dictionary<string, string>(test.Environment, StringComparer.Ordinal) { [variable[0]] = variable[^1] } },
                "timeLimit" => test with { TimeLimit = TimeSpan.FromSeconds(int.Parse(pair[1], CultureInfo.InvariantCulture)) },
                "resultTest" => test with { Rule = RuleOf(pair[1]) },
                _ => test,
            };
        }
        return test;
    }

    private static PassRule RuleOf(string name) => name switch
    {
        "TestStatus" or "TestErrFatal" => PassRule.Status,
        "TestStatusNoErrors" => PassRule.StatusNoErrors,
        _ => PassRule.NoErrors,
    };

    /// <summary>The suite's own judgement of a finished run (its `runtests`).</summary>
    public bool Passed(Outcome outcome)
    {
        bool clean = (outcome.Output + "\n" + outcome.Errors).Split('\n')
            .Any(l => l.TrimStart().StartsWith("No Errors", StringComparison.OrdinalIgnoreCase) || l.Contains("Test passed", StringComparison.Ordinal));
        return !outcome.TimedOut && Rule switch
        {
            PassRule.Status => outcome.ExitCode != 0,
            PassRule.StatusNoErrors => outcome.ExitCode != 0 && clean,
            _ => outcome.ExitCode == 0 && clean,
        };
    }
}
