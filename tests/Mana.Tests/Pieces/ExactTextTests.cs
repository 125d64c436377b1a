using System.Text;
using Mana.Bundles.Launch;
using Xunit;

namespace Mana.Tests.Pieces;

/// <summary>Words that launchers would take, or .NET would change, on their way to the program.</summary>
public sealed class ExactTextTests
{
    [Theory]
    [InlineData(":", "%3A")]
    [InlineData("a:b%", "a%3Ab%25")]
    [InlineData("é𐒀", "é𐒀")] // the second half of the pair is one of those that stand for bytes elsewhere
    public void Escapes_what_launchers_read_and_nothing_else(string word, string escaped) => Assert.Equal(escaped, ExactText.Escape(word));

    [Fact]
    public void Bytes_that_are_no_text_come_through()
    {
        byte[] given = [.. Encoding.UTF8.GetBytes("caf"), 0xe9, 0, 0, .. Encoding.UTF8.GetBytes("é"), 0];
        string[] words = ExactText.Split(given);
        Assert.Equal(3, words.Length);
        Assert.Equal(["caf%E9", "", "é"], words.Select(ExactText.Escape));
        Assert.Equal([true, false, false], words.Select(ExactText.NeedsEscape));
    }

    [Fact]
    public void Only_the_lone_colon_needs_it()
    {
        Assert.True(ExactText.NeedsEscape(":"));
        Assert.False(ExactText.NeedsEscape("a:b"));
        Assert.False(ExactText.NeedsEscape("%3A"));
    }
}
