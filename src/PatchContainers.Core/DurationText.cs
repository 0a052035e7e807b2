using System.Globalization;
using System.Text;

namespace PatchContainers;

/// <summary>
/// Durations as texts: numbers with units, the greatest first, as Prometheus and Kubernetes write them: <c>30s</c>, <c>1h30m</c>,
/// <c>2d</c>, <c>500ms</c>. Units are d (24 hours), h, m, s and ms.
/// </summary>
public static class DurationText
{
    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
        ("ms", TimeSpan.TicksPerMillisecond),
    ];

    /// <summary>Reads a duration; false for what is none, or is longer than a thousand years.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan();
        var next = 0;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9)
            {
                return false;
            }

            var number = long.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
            rest = rest[digits..];
            var letters = rest.IndexOfAnyInRange('0', '9');
            var unit = rest[..(letters < 0 ? rest.Length : letters)].ToString();
            var index = Array.FindIndex(Units, next, u => u.Unit == unit);
            if (index < 0 || number > TimeSpan.FromDays(365_250).Ticks / Units[index].Ticks)
            {
                return false;
            }

            duration += TimeSpan.FromTicks(number * Units[index].Ticks);
            rest = rest[unit.Length..];
            next = index + 1;
        }

        return next > 0;
    }

    /// <summary>Reads a duration.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none.</exception>
    public static TimeSpan Parse(string text) => TryParse(text, out var duration) ? duration
        : throw new PatchException(PatchErrorCode.InvalidArgument, text, $"'{text}' is no duration. Write 30s, 5m, 1h30m or 2d.");

    /// <summary>Writes a duration so that <see cref="Parse"/> reads it: to the millisecond, without what is zero.</summary>
    public static string Format(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        var text = new StringBuilder();
        var ticks = duration.Ticks;
        foreach (var (unit, size) in Units)
        {
            if (ticks / size is var number and > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{number}{unit}");
                ticks %= size;
            }
        }

        return text.Length > 0 ? text.ToString() : "0s";
    }
}
