using System.IO.Enumeration;
using System.Text.RegularExpressions;
using Mana.Bundles.Backends;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;

namespace Mana.Bundles.Probe;

/// <summary>What a compiler wrapper was seen to be.</summary>
/// <param name="Macros">All macros after <c>#include &lt;mpi.h&gt;</c>, by name.</param>
internal sealed record WrapperFacts(CompilerChoice Compiler, IReadOnlyDictionary<string, string> Macros);

/// <summary>Takes a compiler wrapper apart and reads the macros of the mpi.h that it finds.</summary>
internal sealed partial class WrapperProbe(ProbeRules rules, Func<string, string?> variable, string scratch)
{
    /// <summary>Null, with the reason, for a wrapper that is another MPI's or does not work.</summary>
    public async Task<(WrapperFacts? Facts, string Reason)> TryAsync(string wrapper, CancellationToken stop)
    {
        IReadOnlyList<string>? command = await ShowAsync(wrapper, stop);
        if (command is null || command.Count == 0) return (null, "does not tell its compiler and flags");
        CompilerChoice compiler = Separate(wrapper, command);
        ChildCommand dump = new(compiler.Command, [.. compiler.Cflags, "-E", "-dM", "-include", "mpi.h", "-x", "c", "/dev/null"]) { Folder = scratch, Environment = ChildCommand.InEnglish };
        ChildResult result = await Gateway.TryRunAsync(dump, stop);
        if (!result.Succeeded) return (null, "cannot compile a program with mpi.h: " + FirstLine(result.Error));
        Dictionary<string, string> macros = Macros(result.Output);
        string? missing = rules.Defines.FirstOrDefault(d => !macros.ContainsKey(d));
        if (missing is not null && !IsKnownOtherwise(compiler)) return (null, $"its mpi.h does not define {missing}");
        if (rules.Lacks.FirstOrDefault(macros.ContainsKey) is { } foreign) return (null, $"its mpi.h defines {foreign}: another MPI");
        return (new WrapperFacts(compiler, macros), "");
    }

    /// <summary>The version pattern with its {MACRO} holes filled; quotes of string macros removed. "unknown" where nothing tells it.</summary>
    public string Version(WrapperFacts facts)
    {
        string version = rules.Version;
        foreach ((string macro, string value) in facts.Macros)
            version = version.Replace("{" + macro + "}", value.Trim('"'), StringComparison.Ordinal);
        if (!version.Contains('{', StringComparison.Ordinal)) return version;
        return rules.Variables.Select(variable).FirstOrDefault(v => !string.IsNullOrEmpty(v))
            ?? Words(facts.Compiler).SelectMany(FolderBelow).FirstOrDefault() ?? "unknown";
    }

    private bool IsKnownOtherwise(CompilerChoice compiler) =>
        rules.Variables.Any(v => !string.IsNullOrEmpty(variable(v)))
        || Words(compiler).Any(word => rules.Paths.Any(p => FileSystemName.MatchesSimpleExpression(p, word, ignoreCase: false)));

    private static IEnumerable<string> Words(CompilerChoice compiler) => compiler.Cflags.Concat(compiler.Ldflags).Prepend(compiler.Wrapper);

    private IEnumerable<string> FolderBelow(string path)
    {
        string[] parts = path.Split('/');
        int at = Array.IndexOf(parts, rules.VersionFolder);
        return at >= 0 && at + 1 < parts.Length ? [parts[at + 1]] : [];
    }

    private async Task<IReadOnlyList<string>?> ShowAsync(string wrapper, CancellationToken stop)
    {
        foreach (string option in rules.Show)
        {
            ChildResult result = await Gateway.TryRunAsync(new ChildCommand(wrapper, [option]) { Folder = scratch }, stop);
            if (result.Succeeded && result.Output.Trim().Length > 0) return Shell.Split(result.Output.Trim());
        }
        if (rules.ShowCflags is null || rules.ShowLibs is null) return null;
        ChildResult cflags = await Gateway.TryRunAsync(new ChildCommand(wrapper, [rules.ShowCflags]), stop);
        ChildResult libs = await Gateway.TryRunAsync(new ChildCommand(wrapper, [rules.ShowLibs]), stop);
        return cflags.Succeeded && libs.Succeeded ? [wrapper, .. Shell.Split(cflags.Output.Trim()), .. Shell.Split(libs.Output.Trim())] : null;
    }

    private static CompilerChoice Separate(string wrapper, IReadOnlyList<string> command)
    {
        List<string> cflags = [], ldflags = [];
        foreach (string word in command.Skip(1))
            (IsLinkFlag(word) ? ldflags : cflags).Add(word);
        return new CompilerChoice { Wrapper = wrapper, Command = command[0], Host = HostCompiler(wrapper, command[0]), Cflags = cflags, Ldflags = ldflags };
    }

    /// <summary>
    /// What is not compiled against the MPI wants gcc's options: gcc itself takes it where the wrapper's compiler is another one (nvc, icx), or is the wrapper (Cray's cc),
    /// which links the MPI into everything.
    /// </summary>
    private static string HostCompiler(string wrapper, string command) =>
        string.Equals(wrapper, command, StringComparison.Ordinal) || !TakesGccOptions().IsMatch(Path.GetFileName(command)) ? "gcc" : command;

    /// <summary>Also as cross compilers and versions are named: x86_64-linux-gnu-gcc-12.</summary>
    [GeneratedRegex(@"^(.+-)?(gcc|clang|cc)(-[0-9.]+)?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TakesGccOptions();

    private static bool IsLinkFlag(string word) =>
        word.StartsWith("-l", StringComparison.Ordinal) || word.StartsWith("-L", StringComparison.Ordinal)
        || word.StartsWith("-Wl,", StringComparison.Ordinal) || word.EndsWith(".so", StringComparison.Ordinal) || word.EndsWith(".a", StringComparison.Ordinal);

    private static Dictionary<string, string> Macros(string dump)
    {
        Dictionary<string, string> macros = new(StringComparer.Ordinal);
        foreach (string line in dump.Split('\n'))
        {
            string[] words = line.Split(' ', 3);
            if (words.Length >= 2 && string.Equals(words[0], "#define", StringComparison.Ordinal)) macros[words[1]] = words.Length > 2 ? words[2] : "";
        }
        return macros;
    }

    private static string FirstLine(string text) => text.Split('\n').FirstOrDefault(l => l.Contains("error", StringComparison.Ordinal)) ?? text.Split('\n')[0];
}
