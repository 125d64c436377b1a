using System.Text.Json;

namespace Mana.Bench;

/// <summary>What was measured: for a person, and with every value as JSON.</summary>
internal static class Table
{
    public static void Print(IReadOnlyList<Measure> measures)
    {
        Console.WriteLine($"\n{"measure",-28}{"MPI",-9}{"native",10}{"mana",10} {"",-3}{"ratio",8}{"best",8}{"spread",8}{"worst",10}  promise");
        foreach (Measure m in measures)
            Console.WriteLine(
                $"{m.Name,-28}{m.Mpi,-9}{Or(m.NativeMedian, "0.###"),10}{m.ManaMedian,10:0.###} {m.Unit,-3}{Or(m.Ratio, "0.000"),8}{Or(m.BestRatio, "0.000"),8}"
                + $"{Or(m.NativeSpread, "0%"),8}{m.ManaWorst,10:0.###}  {m.PromiseText,-36} {m.Holds switch { true => "holds", false => "BROKEN", null => "" }}");
        Console.WriteLine("""

            native, mana and ratio are medians; best: the ratio of the best runs; spread: the middle half of the native runs, in percent of their median;
            worst: mana's. A promise's own spread is the ratio of the best of native's odd and of its even turns. mana is `mana launch`: each rank is connected to the job's coordinator.
            """);
    }

    public static void Write(IReadOnlyList<Measure> measures, string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, JsonSerializer.Serialize(
            measures.Select(m => new
            {
                m.Mpi,
                m.Name,
                m.Unit,
                m.Native,
                m.Mana,
                m.NativeMedian,
                m.ManaMedian,
                m.ManaWorst,
                m.Ratio,
                m.BestRatio,
                m.NativeSpread,
                Promise = m.PromiseText,
                m.Holds,
            }),
            JsonSerializerOptions.Web));
        Console.WriteLine($"Every value is in {file}");
    }

    private static string Or(double? value, string format) => value?.ToString(format) ?? "-";
}
