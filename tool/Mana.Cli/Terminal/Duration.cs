using System.Globalization;
using Mana.Common.Errors;

namespace Mana.Cli.Terminal;

/// <summary>Times as people write them: 90s, 30m, 2h, 1h30m.</summary>
internal static class Duration
{
    public static TimeSpan Require(string option, string text) =>
        TryParse(text) is { } time && time > TimeSpan.Zero ? time : throw new UserErrorException(CliErrors.Duration(option, text));

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
}

/// <summary>Numbers of bytes for people.</summary>
internal static class Size
{
    public static string Of(ulong bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++) value /= 1024;
        return value.ToString(unit == 0 || value >= 100 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
