using System.Globalization;

namespace PatchContainers.Rollout.Windows;

/// <summary>Dates as windows and freezes have them.</summary>
internal static class WindowDates
{
    /// <summary>The first date that is too far: there has to be room to count beyond.</summary>
    public static readonly DateOnly Last = new(9000, 1, 1);

    /// <summary>Reads a date, <c>2026-11-28</c>; null for what is none.</summary>
    public static DateOnly? Parse(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
        && date < Last && date.Year > 1 ? date : null;

    /// <summary>Writes a date so that <see cref="Parse"/> reads it.</summary>
    public static string Format(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Writes an instant for a sentence.</summary>
    public static string Format(DateTimeOffset instant) =>
        instant.ToUniversalTime().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
