using System.Globalization;
using Mana.Common.Errors;

namespace Mana.Common.Words;

/// <summary>Times as people write them: 90s, 30m, 2h, 1h30m; or 90, which are seconds.</summary>
public static class Duration
{
    public const string Form = "Give a number with a unit, as 90s, 30m or 2h; at most 49d.";

    /// <summary>Timers and messages count milliseconds in 32 bits.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1), s_most = TimeSpan.FromDays(49);

    public static TimeSpan Require(string option, string text) => TryParse(text) ?? throw new UserErrorException(NoTime(option, text));

    /// <summary>Null for what is no time, for less than a millisecond, and for more than 49 days.</summary>
    public static TimeSpan? TryParse(string text)
    {
        double seconds = 0;
        int at = 0;
        while (at < text.Length)
        {
            int end = at;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.')) end++;
            double? unit = end < text.Length ? text[end] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => null } : at == 0 ? 1 : null;
            if (unit is null || !double.TryParse(text.AsSpan(at, end - at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return null;
            seconds += number * unit.Value;
            at = end + 1;
        }
        return seconds >= s_least.TotalSeconds && seconds <= s_most.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static UserError NoTime(string option, string value) =>
        new($"{option} {value}: this is no time", Form, ExitCode: ExitCodes.Usage);
}
