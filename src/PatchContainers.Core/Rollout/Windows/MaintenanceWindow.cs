using System.Globalization;
using System.Text.RegularExpressions;

namespace PatchContainers.Rollout.Windows;

/// <summary>
/// A time in which changes may be made: on some days of every week, or once. It begins at a local time of its zone, and lasts for a time
/// that elapses, whatever the clocks do meanwhile. Where the clock skips the start, it begins at the first instant after the gap; where the
/// clock shows the start twice, it begins at the first.
/// </summary>
/// <remarks>As a text: <c>Sat,Sun 02:00 +4h Europe/Berlin</c>, <c>Mon-Fri 22:00 +6h30m America/New_York</c>, <c>daily 03:00 +2h UTC</c>,
/// <c>2026-11-28 02:00 +4h Europe/Berlin</c>; with a name: <c>night=daily 03:00 +2h UTC</c>.</remarks>
public sealed partial record MaintenanceWindow
{
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(31);

    private MaintenanceWindow()
    {
    }

    /// <summary>Its name; empty where it has none.</summary>
    public string Name { get; private init; } = string.Empty;

    /// <summary>The days of the week on which it begins, from Monday on; empty for a window that opens once.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; private init; } = [];

    /// <summary>The local date on which it opens once; null for a weekly one.</summary>
    public DateOnly? Date { get; private init; }

    /// <summary>The local time at which it begins, to the minute.</summary>
    public TimeOnly Start { get; private init; }

    /// <summary>How long it lasts, from a minute to 31 days.</summary>
    public TimeSpan Duration { get; private init; }

    /// <summary>The time zone, by its name in the IANA database.</summary>
    public string Zone { get; private init; } = string.Empty;

    internal TimeZoneInfo ZoneInfo { get; private init; } = TimeZoneInfo.Utc;

    /// <summary>Reads a window.</summary>
    /// <param name="text">The text; see the remarks of this type.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none, or its zone is not known;
    /// <see cref="PatchErrorCode.NotFound"/>: this machine has no time zones.</exception>
    public static MaintenanceWindow Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var match = Form().Match(text);
        if (!match.Success)
        {
            throw Fault(text, "it has not the form DAYS HH:MM +DURATION ZONE");
        }

        var when = match.Groups["when"].Value;
        var date = WindowDates.Parse(when);
        var days = date is null ? WeekDays.Parse(when) : [];
        if (days is null)
        {
            throw Fault(text, $"'{when}' is neither days of the week (Sat,Sun or Mon-Fri or daily) nor a date (2026-11-28)");
        }

        if (!TimeOnly.TryParseExact(match.Groups["start"].Value, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var start))
        {
            throw Fault(text, $"'{match.Groups["start"].Value}' is no time from 00:00 to 23:59");
        }

        return DurationText.TryParse(match.Groups["duration"].Value, out var duration) && duration >= TimeSpan.FromMinutes(1)
            && duration <= MaxDuration
            ? new MaintenanceWindow
            {
                Name = match.Groups["name"].Value,
                Days = days,
                Date = date,
                Start = start,
                Duration = duration,
                Zone = match.Groups["zone"].Value,
                ZoneInfo = TimeZones.Find(match.Groups["zone"].Value),
            }
            : throw Fault(text, $"'+{match.Groups["duration"].Value}' is no duration from 1m to 31d, such as +4h or +1h30m");
    }

    /// <summary>Its text, which <see cref="Parse"/> reads again.</summary>
    public override string ToString() => (Name.Length > 0 ? Name + "=" : string.Empty)
        + (Date is { } date ? WindowDates.Format(date) : WeekDays.Format(Days))
        + $" {Start.ToString("HH:mm", CultureInfo.InvariantCulture)} +{DurationText.Format(Duration)} {Zone}";

    /// <summary>When it is open, in order, from the first time that is not over at an instant.</summary>
    internal IEnumerable<(DateTimeOffset Start, DateTimeOffset End)> From(DateTimeOffset instant)
    {
        if (Date is { } once)
        {
            var time = Of(once);
            if (time.End > instant)
            {
                yield return time;
            }

            yield break;
        }

        var day = DateOnly.FromDateTime(instant.UtcDateTime).AddDays(-(int)Math.Ceiling(Duration.TotalDays) - 2);
        for (; day < WindowDates.Last; day = day.AddDays(1))
        {
            if (Days.Contains(day.DayOfWeek) && Of(day) is var time && time.End > instant)
            {
                yield return time;
            }
        }
    }

    private (DateTimeOffset Start, DateTimeOffset End) Of(DateOnly day)
    {
        var start = TimeZones.InstantOf(day.ToDateTime(Start), ZoneInfo);
        return (start, start + Duration);
    }

    private static PatchException Fault(string text, string fault) => new(PatchErrorCode.InvalidArgument, text,
        $"'{text}' is no window: {fault}. Write it as 'Sat,Sun 02:00 +4h Europe/Berlin'.");

    [GeneratedRegex(@"\A\s*(?:(?<name>[A-Za-z0-9_.-]+)=)?(?<when>\S+)\s+(?<start>\S+)\s+\+(?<duration>\S+)\s+(?<zone>\S+)\s*\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
