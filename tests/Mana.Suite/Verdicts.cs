using System.Globalization;
using Mana.Testing;

namespace Mana.Suite;

/// <summary>What became of a test under mana.</summary>
internal enum Verdict
{
    Pass,

    /// <summary>Failed at first: nobody's fault once (a busy machine), something to look into when it is often the same one.</summary>
    SecondTry,

    Fail,

    /// <summary>Fails, and is listed in exceptions.toml.</summary>
    Excepted,

    /// <summary>Fails, but natively too on this machine, whatever the recorded verdict says.</summary>
    NativeFails,

    /// <summary>Did not compile against this MPI.</summary>
    NotBuilt,
}

internal sealed record Result(string Test, Verdict Verdict, double Seconds, string Note);

/// <summary>Results of one setting, kept in a file as they come, so that a run can go on where an earlier one stopped.</summary>
internal sealed class ResultFile(string path)
{
    public static ResultFile For(Setting setting, string label) => new(Path.Combine(Repository.Cache, "mpich-suite", $"{label}-{setting.Name.Replace(' ', '-')}.tsv"));

    public IReadOnlyList<Result> Read() => !File.Exists(path) ? [] :
    [
        .. File.ReadLines(path).Select(l => l.Split('\t')).Where(f => f.Length == 4)
            .Select(f => new Result(f[0], Enum.Parse<Verdict>(f[1]), double.Parse(f[2], CultureInfo.InvariantCulture), f[3])),
    ];

    public void Add(Result result) => File.AppendAllText(path, string.Create(
        CultureInfo.InvariantCulture, $"{result.Test}\t{result.Verdict}\t{result.Seconds:0.00}\t{result.Note.Replace('\t', ' ').ReplaceLineEndings(" ")}\n"));

    public void Clear() => File.Delete(path);
}

/// <summary>Recorded native verdicts: test, verdict, seconds; tab-separated.</summary>
internal sealed class NativeVerdicts
{
    private readonly Dictionary<string, double> passing;

    private NativeVerdicts(Dictionary<string, double> passing) => this.passing = passing;

    public static NativeVerdicts Of(Mpi mpi)
    {
        string file = Path.Combine(Repository.Root, "tests", "Mana.Suite", "native", mpi.Name + ".tsv");
        Dictionary<string, double> read = new(StringComparer.Ordinal);
        foreach (string[] fields in File.ReadLines(file).Select(l => l.Split('\t')))
            if (fields[1] == "pass")
                read[fields[0]] = double.Parse(fields[2], CultureInfo.InvariantCulture);
        return new NativeVerdicts(read);
    }

    public bool Passes(SuiteTest test) => passing.ContainsKey(test.Key);

    public double Seconds(SuiteTest test) => passing[test.Key];
}
