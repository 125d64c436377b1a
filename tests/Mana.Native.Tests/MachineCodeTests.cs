using System.Globalization;
using System.Text.RegularExpressions;
using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

[Collection(Runtime.Collection)]
public sealed partial class MachineCodeTests(Runtime runtime)
{
    /// <summary>Parsers and the patcher, on whole and on damaged files, under address and undefined-behaviour sanitizers.</summary>
    [Fact]
    public async Task The_pure_parts_are_sound()
    {
        Outcome units = await runtime.RunAsync([runtime["units"], "/bin/sh", runtime["crossing"], LibC, runtime["libfake.so"]]);
        Assert.True(units is { ExitCode: 0, Output: "done\n" }, units.ToString());
    }

    /// <summary>Of tests that fail one after the other, which are asked below.</summary>
    [Fact]
    public async Task Only_quick_rows_of_equal_tests_leave_some_unasked()
    {
        Outcome polls = await runtime.RunAsync([runtime["polls"]]);
        Assert.True(polls is { ExitCode: 0, Output: "done\n" }, polls.ToString());
    }

    /// <summary>The jumps that replace system calls may not cover the target of another branch; a disassembler says where those lead.</summary>
    [Theory]
    [InlineData("libc")]
    [InlineData("ld.so")]
    public async Task No_branch_of_this_machines_libc_leads_into_a_replaced_site(string which)
    {
        string file = which is "libc" ? LibC : "/lib64/ld-linux-x86-64.so.2";
        Outcome sites = await runtime.RunAsync([runtime["list_sites"], file]);
        Outcome code = await runtime.RunAsync(["objdump", "-d", "--no-show-raw-insn", file]);
        HashSet<ulong> instructions = [.. Instruction().Matches(code.Output).Select(m => Hex(m.Groups["at"].Value))];
        HashSet<ulong> targets = [.. Branch().Matches(code.Output).Select(m => Hex(m.Groups["at"].Value))];
        Assert.True(instructions.Count > 10000 && targets.Count > 1000, code.ToString());
        string[] lines = sites.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 20, sites.ToString());
        foreach (string[] site in lines.Select(l => l.Split(' ')))
        {
            ulong start = Hex(site[0]), length = ulong.Parse(site[1], CultureInfo.InvariantCulture);
            Assert.Contains(start, instructions);
            for (ulong at = start + 1; at < start + length; at++) Assert.DoesNotContain(at, targets);
        }
    }

    private static string LibC => "/lib/x86_64-linux-gnu/libc.so.6";

    private static ulong Hex(string digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*(?<at>[0-9a-f]+):\t", RegexOptions.Multiline)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"\t(?:bnd |notrack )?(?:j\w+|call|loop\w*)\s+(?<at>[0-9a-f]+)\b")]
    private static partial Regex Branch();
}
