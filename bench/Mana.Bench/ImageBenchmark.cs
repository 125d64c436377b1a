using Mana.Testing;

namespace Mana.Bench;

/// <summary>Images against plain loops over as many bytes in the same folder: no MPI, the sources of native/image alone.</summary>
internal static class ImageBenchmark
{
    private const int Turns = 7, Mebibytes = 1024;
    private const double LeastShare = 0.8;

    private static string Built => Path.Combine(Repository.Root, "build", "bench", "image");

    /// <summary>"native" is the plain loop; of compressed images, the image that is not.</summary>
    public static async Task<IEnumerable<Measure>> MeasureAsync(Runs runs)
    {
        await CompileAsync();
        using Folder folder = new();
        Outcome outcome = await Bounded.RunAsync(
            [Path.Combine(Built, "speed"), folder.Path, Mebibytes.ToString(), Turns.ToString()], folder.Path, new Dictionary<string, string?>(), TimeSpan.FromMinutes(9));
        if (outcome.ExitCode != 0 || outcome.TimedOut) throw new InvalidOperationException(outcome.ToString());
        ILookup<string, double> values = Runs.Lines(folder, outcome).ToLookup(l => l.Name, l => l.Value, StringComparer.Ordinal);
        return
        [
            Row("image write, of plain write", Promise.ShareOfNative(LeastShare), "write-plain", "write-none"),
            Row("image read, of plain read", Promise.ShareOfNative(LeastShare), "read-plain", "read-none"),
            .. ((string[])["lz4", "zstd"]).SelectMany(codec => (Measure[])
            [
                Row($"image write, {codec}", Size(codec), "write-none", "write-" + codec),
                Row($"image read, {codec}", Size(codec), "read-none", "read-" + codec),
            ]),
        ];

        Measure Row(string name, Promise promise, string native, string mana) => new("-", name, "GB/s", promise, [.. values[native]], [.. values[mana]]);

        Promise Size(string codec) => Promise.None($"the file has {Statistics.Median([.. values["share-" + codec]]):0%} of memory", isRate: true);
    }

    private static async Task CompileAsync()
    {
        string native = Path.Combine(Repository.Root, "native");
        Directory.CreateDirectory(Built);
        Outcome gcc = await Bounded.RunAsync(
            [
                "gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", $"-I{native}/include", $"-I{native}/image", "-o", Path.Combine(Built, "speed"),
                Path.Combine(Repository.Root, "bench", "image", "speed.c"), .. Directory.GetFiles(Path.Combine(native, "image"), "*.c"),
            ],
            Repository.Root, new Dictionary<string, string?>(), TimeSpan.FromMinutes(2));
        if (gcc.ExitCode != 0) throw new InvalidOperationException(gcc.ToString());
    }
}
