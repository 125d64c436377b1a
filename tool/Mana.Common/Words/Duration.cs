using System.Globalization;
using Mana.Common.Errors;

namespace Mana.Common.Words;

/// <summary>Times as people write them: 90s, 30m, 2h, 1h30m.</summary>
public static class Duration
{
    public const string Form = "Give a number with a unit, as 90s, 30m or 2h.";

    public static TimeSpan Require(string option, string text) =>
        TryParse(text) is { } time && time > TimeSpan.Zero ? time : throw new UserErrorException(NoTime(option, text));

    /// <summary>Null for what is no time, and for more than a year.</summary>
    public static TimeSpan? TryParse(string text)
    {
        double seconds = 0;
        int at = 0;
        while (at < text.Length)
        {
            int end = at;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.')) end++;
            double? unit = end < text.Length ? text[end] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => null } : null;
            if (unit is null || !double.TryParse(text.AsSpan(at, end - at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return null;
            seconds += number * unit.Value;
            at = end + 1;
        }
        return text.Length > 0 && seconds < TimeSpan.FromDays(365).TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static UserError NoTime(string option, string value) =>
        new($"{option} {value}: this is no time", Form, ExitCode: ExitCodes.Usage);
}
