using Mana.Common.Words;
using Xunit;

namespace Mana.Tests.Pieces;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("versoin", "version")]
    [InlineData("verssion", "version")]
    [InlineData("laucher", "launcher")]
    [InlineData("lunch", "launch")]
    [InlineData("keeps", "keep")]
    [InlineData("nmae", "name")]
    [InlineData("bundel", "bundle")]
    public void A_slip_of_the_pen_is_recognised(string written, string meant) => Assert.True(Spelling.IsClose(written, meant));

    [Theory]
    [InlineData("abi", "mpi")]
    [InlineData("-n", "-v")]
    [InlineData("size", "path")]
    [InlineData("", "version")]
    [InlineData("interval", "version")]
    public void Another_word_is_not_taken_for_one(string written, string meant) => Assert.False(Spelling.IsClose(written, meant));
}
