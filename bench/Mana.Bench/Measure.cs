namespace Mana.Bench;

/// <summary>What is promised of a measure.</summary>
/// <param name="Text">As the table shows it.</param>
/// <param name="Holds">Given native and mana values, in the order of their runs. Null: nothing is promised.</param>
/// <param name="IsRate">More is better.</param>
internal sealed record Promise(string Text, Func<IReadOnlyList<double>, IReadOnlyList<double>, bool>? Holds, bool IsRate = false)
{
    /// <summary>Of the native values, where they decide what is allowed: how.</summary>
    public Func<IReadOnlyList<double>, string>? Remark { get; init; }

    /// <summary>A measure for information.</summary>
    public static Promise None(string remark, bool isRate = false) => new("none; " + remark, null, isRate);

    /// <summary>A cost under mana is at most this, whatever it is natively.</summary>
    public static Promise AtMost(double limit, string unit) => new($"<= {limit} {unit}", (_, mana) => Statistics.Median(mana) <= limit);

    /// <summary>Of a cost that there is only under mana, the worst of all.</summary>
    public static Promise EveryAtMost(double limit, string unit) => new($"each <= {limit} {unit}", (_, mana) => mana.Max() <= limit);

    /// <summary>A cost under mana is at most this many times the native one, by medians.</summary>
    public static Promise TimesNative(double limit) =>
        new($"<= {limit:0.00} x native", (native, mana) => Statistics.Median(mana) <= limit * Statistics.Median(native));

    /// <summary>A rate under mana is at least this share of the native one, by medians.</summary>
    public static Promise ShareOfNative(double limit) =>
        new($">= {limit:0.00} x native", (native, mana) => Statistics.Median(mana) >= limit * Statistics.Median(native), IsRate: true);

    /// <summary>A duration under mana exceeds the native one by at most this, by medians.</summary>
    public static Promise Adds(double limit, string unit) =>
        new($"<= native + {limit} {unit}", (native, mana) => Statistics.Median(mana) - Statistics.Median(native) <= limit);

    /// <summary>The best runs differ by at most this ratio, or by no more than the best of native's odd and of its even turns do.</summary>
    public static Promise BestRuns(double limit) => new(
        $"best <= {limit:0.00} x native's, or its spread",
        (native, mana) => mana.Min() / native.Min() <= Math.Max(limit, Statistics.Spread(native)))
    {
        Remark = native => $", here {Statistics.Spread(native):0.000}",
    };
}

/// <summary>One measure on one MPI: values of native and mana runs, taken in turns. No native ones: of what only mana does.</summary>
internal sealed record Measure(string Mpi, string Name, string Unit, Promise Promise, IReadOnlyList<double> Native, IReadOnlyList<double> Mana)
{
    public double? NativeMedian => Native.Count == 0 ? null : Statistics.Median(Native);

    public double ManaMedian => Statistics.Median(Mana);

    /// <summary>The worst under mana.</summary>
    public double ManaWorst => Promise.IsRate ? Mana.Min() : Mana.Max();

    public double? Ratio => ManaMedian / NativeMedian;

    /// <summary>Of the best runs: what is left when nothing else disturbed either.</summary>
    public double? BestRatio => Native.Count == 0 ? null : Promise.IsRate ? Mana.Max() / Native.Max() : Mana.Min() / Native.Min();

    /// <summary>How far native runs lie from each other: the middle half of them, as a share of their median.</summary>
    public double? NativeSpread => Native.Count == 0 ? null : Statistics.MiddleHalf(Native) / NativeMedian;

    public string PromiseText => Promise.Text + Promise.Remark?.Invoke(Native);

    /// <summary>Null where nothing is promised.</summary>
    public bool? Holds => Promise.Holds?.Invoke(Native, Mana);
}

internal static class Statistics
{
    public static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The distance between the first and the third quartile.</summary>
    public static double MiddleHalf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return half == 0 ? 0 : Median(sorted[^half..]) - Median(sorted[..half]);
    }

    /// <summary>How far native is from itself: the ratio of the best runs of its odd and its even turns, at least 1.</summary>
    public static double Spread(IReadOnlyList<double> values)
    {
        double odd = values.Where((_, i) => i % 2 == 1).DefaultIfEmpty(values[0]).Min(), even = values.Where((_, i) => i % 2 == 0).Min();
        return Math.Max(odd / even, even / odd);
    }
}
