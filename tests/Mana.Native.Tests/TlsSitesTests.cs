using System.Text.RegularExpressions;
using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>What finds the instructions that address memory through FS in the libraries of the lower half.</summary>
[Collection(Runtime.Collection)]
public sealed partial class TlsSitesTests(Runtime runtime)
{
    private const string Libraries = "/usr/lib/x86_64-linux-gnu";

    /// <summary>A folder below <see cref="Libraries"/>, and which files of it.</summary>
    private static readonly (string Folder, string Pattern)[] s_objects =
    [
        (".", "ld-linux-x86-64.so.2"), (".", "libc.so.6"), (".", "libm.so.6"), (".", "libstdc++.so.6"), (".", "libgcc_s.so.1"),
        (".", "libmpi*.so.*"), (".", "libmpich*.so.*"), (".", "libopen-*.so.*"), (".", "libmca_*.so.*"), (".", "libuc*.so.*"),
        (".", "libfabric.so.*"), (".", "libhwloc.so.*"), (".", "libevent*.so.*"), (".", "libpmi*.so.*"), (".", "libpsm*.so.*"), (".", "libibverbs.so.*"),
        (".", "libmlx5.so.*"), (".", "librdmacm.so.*"), (".", "libnl-*.so.*"), (".", "libz.so.*"), (".", "libmunge.so.*"),
        ("openmpi/lib/openmpi3", "*.so"), ("ucx", "*.so.*"), ("pmix2/lib", "*.so.*"), ("pmix2/lib/pmix", "*.so"), ("libibverbs", "*.so"),
    ];

    /// <summary>Known encodings and constructed objects, and random ones, under address and undefined-behaviour sanitizers.</summary>
    [Fact]
    public async Task The_decoder_knows_its_instructions_and_reads_nothing_beyond_them()
    {
        Outcome decoding = await runtime.RunAsync([runtime["decoding"]]);
        Assert.True(decoding is { ExitCode: 0, Output: "done\n" }, decoding.ToString());
    }

    [Fact]
    public async Task Every_access_through_FS_that_a_disassembler_sees_is_found_and_nothing_else()
    {
        string[] files = [runtime["libone-segment.so"], .. s_objects.SelectMany(Files).Distinct(StringComparer.Ordinal)];
        Assert.Contains(files, f => f.EndsWith("/libc.so.6", StringComparison.Ordinal));
        Task<Outcome[]> disassembled = Task.WhenAll(files.Chunk((files.Length + 1) / 2).Select(DisassembleAsync));
        Outcome found = await runtime.RunAsync([runtime["list_tls"], .. files]);
        Assert.True(found is { ExitCode: 0 }, found.ToString());
        string expected = string.Concat((await disassembled).Select(d => Sites(d.Output)));
        Assert.Equal(expected, found.Output);
    }

    private static IEnumerable<string> Files((string Folder, string Pattern) objects)
    {
        string folder = Path.GetFullPath(Path.Combine(Libraries, objects.Folder));
        if (!Directory.Exists(folder)) return [];
        return Directory.GetFiles(folder, objects.Pattern).Select(f => File.ResolveLinkTarget(f, returnFinalTarget: true)?.FullName ?? f).Order(StringComparer.Ordinal);
    }

    /// <summary>Only the lines that matter: the whole is of some hundred million characters.</summary>
    private Task<Outcome> DisassembleAsync(string[] files) =>
        runtime.RunAsync(["sh", "-c", "objdump -d -w \"$@\" | grep -E '%fs:|file format'", "sh", .. files], seconds: 180);

    /// <summary>The names of files, and the addresses of the bytes 0x64, as list_tls prints them.</summary>
    private static string Sites(string disassembly) => string.Concat(Line().Matches(disassembly).Select(m =>
        m.Groups["file"].Success ? $"{m.Groups["file"].Value}\n" : $"{Convert.ToUInt64(m.Groups["at"].Value, 16) + (ulong)(m.Groups["before"].Length / 3):x}\n"));

    [GeneratedRegex(@"^(?<file>/.*): +file format.*$|^ *(?<at>[0-9a-f]+):\t(?<before>(?:(?!64 )[0-9a-f]{2} )*)64 .*$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
