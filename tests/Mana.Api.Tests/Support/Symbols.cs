using CliWrap.Buffered;
using Xunit;

namespace Mana.Api.Tests.Support;

/// <summary>What a shared library exports, by readelf.</summary>
internal sealed record Symbols(IReadOnlySet<string> Functions, IReadOnlyDictionary<string, int> Objects, IReadOnlySet<string> Weak)
{
    public static async Task<Symbols> Of(string library)
    {
        BufferedCommandResult result = await Commands.Run("readelf", ["-W", "--dyn-syms", library], "/");
        Assert.True(result.ExitCode == 0, result.StandardError);
        HashSet<string> functions = [];
        Dictionary<string, int> objects = [];
        HashSet<string> weak = [];
        foreach (string line in result.StandardOutput.Split('\n'))
        {
            // Num: Value Size Type Bind Vis Ndx Name
            string[] w = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (w.Length < 8 || w[6] == "UND") continue;
            string name = w[7].Split('@')[0];
            if (w[3] == "FUNC") functions.Add(name);
            if (w[3] == "OBJECT") objects[name] = Size(w[2]);
            if (w[4] == "WEAK") weak.Add(name);
        }
        return new Symbols(functions, objects, weak);
    }

    // readelf writes sizes past 99999 in hexadecimal.
    private static int Size(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToInt32(text, 16) : int.Parse(text);
}
