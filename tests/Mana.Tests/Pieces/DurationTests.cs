using Mana.Common.Errors;
using Mana.Common.Words;
using Xunit;

namespace Mana.Tests.Pieces;

public sealed class DurationTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("90", 90)]
    [InlineData("0.5", 0.5)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("49d", 49 * 86400)]
    [InlineData("0.001s", 0.001)]
    public void A_time_is_a_number_with_a_unit_or_seconds(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Duration.Require("--timeout", text));

    /// <summary>A timer takes no more than 49 days, and a message no less than a millisecond.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0.0005s")]
    [InlineData("50d")]
    [InlineData("1h30")]
    [InlineData("m")]
    [InlineData("-5s")]
    [InlineData("1.2.3s")]
    public void What_is_no_time_is_refused_with_its_option(string text) =>
        Assert.StartsWith("--timeout " + text, Assert.Throws<UserErrorException>(() => Duration.Require("--timeout", text)).Error.What, StringComparison.Ordinal);
}
