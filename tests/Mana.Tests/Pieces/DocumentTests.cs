using System.Text.RegularExpressions;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

/// <summary>What the documents list is what there is.</summary>
public sealed class DocumentTests
{
    private static string Architecture => Read("docs/ARCHITECTURE.md");

    [Fact]
    public void Each_template_stands_in_the_architecture()
    {
        string[] names = [.. Directory.GetFiles(Path.Combine(Repository.Root, "templates")).Select(f => Path.GetFileName(f))];
        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, n => !Architecture.Contains($"`{n}`", StringComparison.Ordinal));
    }

    /// <summary>Folders one below these, as far as they hold sources.</summary>
    [Theory]
    [InlineData("native")]
    [InlineData("native/abi")]
    [InlineData("native/fortran")]
    [InlineData("tool")]
    [InlineData("tool/Mana.Bundles")]
    [InlineData("tool/Mana.Cli")]
    [InlineData("tests")]
    [InlineData("bench")]
    public void Each_room_stands_in_the_architecture(string above)
    {
        string rooms = Architecture.Split("\n## ").Single(s => s.StartsWith("Rooms", StringComparison.Ordinal));
        string[] names =
        [
            .. Directory.GetDirectories(Path.Combine(Repository.Root, above)).Select(f => Path.GetFileName(f))
                .Where(n => n is not ("bin" or "obj" or "TestResults")),
        ];
        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, n => !Regex.IsMatch(rooms, $@"\b{Regex.Escape(n)}\b"));
    }

    [Fact]
    public void Each_option_of_mana_lower_is_described_and_in_its_synopsis()
    {
        string header = Read("native/lower/options.h");
        string[] parts = header.Split("#define OPTIONS_SYNOPSIS");
        Assert.Equal(2, parts.Length);
        string[] options = [.. Regex.Matches(Read("native/lower/options.c"), "argv\\[\\*i\\], \"(--[a-z0-9-]+)").Select(m => m.Groups[1].Value).Distinct()];
        Assert.True(options.Length > 10);
        Assert.DoesNotContain(options, o => parts.Any(p => !Regex.IsMatch(p, Regex.Escape(o) + @"(?![a-z0-9-])")));
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));
}
