using System.Text;
using System.Text.RegularExpressions;
using Mana.Bundles.Processes;

namespace Mana.Bundles.Build;

/// <summary>Which names of the description the site's mpi.h declares and its libraries export.</summary>
/// <param name="Compiler">The site's compiler.</param>
/// <param name="Cflags">What it needs to find mpi.h and backend.h.</param>
/// <param name="Libraries">The site's MPI libraries.</param>
public sealed partial record HaveProbe(string Compiler, IReadOnlyList<string> Cflags, IReadOnlyList<string> Libraries)
{
    /// <summary>Writes <c>#define MANA_HAVE_name 1</c> for each; returns how many there are of functions and of constants.</summary>
    public async Task<(int Functions, int Constants)> WriteAsync(
        IReadOnlyList<string> functions, IReadOnlyList<string> constants, string header, CancellationToken stop)
    {
        HashSet<string> exported = await ExportedAsync(stop);
        HashSet<string> macros = await MacrosAsync(header, stop);
        HashSet<string> declared = await DeclaredAsync([.. functions, .. constants], header, stop);
        // A header may declare what the library lacks (an older library behind a newer header): then a call would not resolve.
        string[] f = [.. functions.Where(n => macros.Contains(n) || (declared.Contains(n) && exported.Contains(n)))];
        string[] c = [.. constants.Where(declared.Contains)];
        StringBuilder text = new("/* What this site's MPI has. Made when the bundle is built. */\n#ifndef MANA_SITE_HAVE_H\n#define MANA_SITE_HAVE_H\n");
        foreach (string name in f.Concat(c)) text.Append("#define MANA_HAVE_").Append(name).Append(" 1\n");
        text.Append("#endif\n");
        WriteIfChanged(header, text.ToString());
        return (f.Length, c.Length);
    }

    /// <summary>An unchanged header keeps its time, so that nothing is compiled again for it.</summary>
    private static void WriteIfChanged(string file, string text)
    {
        if (File.Exists(file) && string.Equals(File.ReadAllText(file), text, StringComparison.Ordinal)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private async Task<HashSet<string>> DeclaredAsync(List<string> names, string header, CancellationToken stop)
    {
        // Not beside the header: what lies there is compiled.
        string source = Path.Combine(Path.GetDirectoryName(header)!, "probe", "names.c");
        const int firstLine = 4;
        StringBuilder text = new("#include <stddef.h>\n#include <stdint.h>\n#include \"backend.h\"\n#include <mpi.h>\n");
        for (int i = 0; i < names.Count; i++) text.Append("typedef __typeof__(").Append(names[i]).Append(") have_").Append(i).Append(";\n");
        Directory.CreateDirectory(Path.GetDirectoryName(source)!);
        await File.WriteAllTextAsync(source, text.ToString(), stop);
        ChildResult result = await Gateway.TryRunAsync(
            new ChildCommand(Compiler, [.. Cflags, "-w", "-fsyntax-only", "-fmax-errors=0", "-fno-diagnostics-show-caret", source]) { Environment = ChildCommand.InEnglish }, stop);
        HashSet<string> all = new(names, StringComparer.Ordinal);
        // A macro's error is reported where the macro stands, in mpi.h, with a note that names the line here.
        foreach (Match match in Diagnostic().Matches(result.Error))
        {
            int line = int.Parse(match.Groups["line"].Value) - 1 - firstLine;
            if (string.Equals(match.Groups["file"].Value, source, StringComparison.Ordinal) && line >= 0 && line < names.Count) all.Remove(names[line]);
        }
        // Where mpi.h itself does not compile, nothing was learnt.
        if (!all.Contains("MPI_Init") || (!result.Succeeded && all.Count == names.Count))
            throw new ChildFailedException(new ChildCommand(Compiler, [.. Cflags, "-fsyntax-only", source]), result.ExitCode, result.Error);
        return all;
    }

    private async Task<HashSet<string>> MacrosAsync(string header, CancellationToken stop)
    {
        ChildCommand dump = new(Compiler, [.. Cflags, "-include", "stddef.h", "-include", "stdint.h", "-include", "backend.h", "-include", "mpi.h", "-E", "-dM", "-x", "c", "/dev/null"])
        {
            Folder = Path.GetDirectoryName(header) is { } folder && Directory.Exists(folder) ? folder : null,
        };
        ChildResult result = await Gateway.RunAsync(dump, stop);
        return [.. result.Output.Split('\n').Select(l => l.Split(' ', 3)).Where(w => w.Length > 1).Select(w => w[1].Split('(')[0])];
    }

    private async Task<HashSet<string>> ExportedAsync(CancellationToken stop)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string library in Libraries)
        {
            ChildResult result = await Gateway.RunAsync(new ChildCommand("nm", ["-D", "--defined-only", library]), stop);
            foreach (string line in result.Output.Split('\n'))
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [.., _, var name]) names.Add(name.Split('@')[0]);
        }
        return names;
    }

    [GeneratedRegex(@"^(?<file>[^:\n]+):(?<line>\d+):\d+: (fatal error|error|note):", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10000)]
    private static partial Regex Diagnostic();
}
