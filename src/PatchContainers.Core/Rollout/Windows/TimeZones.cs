using System.Security;

namespace PatchContainers.Rollout.Windows;

/// <summary>Time zones of the IANA database, and the instants of local times in them.</summary>
internal static class TimeZones
{
    // What these mean depends on the machine, and a plan must not.
    private static readonly string[] Local = ["local", "localtime", "posixrules"];

    /// <summary>Finds a zone.</summary>
    /// <param name="id">Its name in the IANA database: <c>Europe/Berlin</c>, <c>UTC</c>.</param>
    /// <param name="find">Asks the system; null for the framework's own way.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: there is no such zone;
    /// <see cref="PatchErrorCode.NotFound"/>: the machine has no zones at all.</exception>
    public static TimeZoneInfo Find(string id, Func<string, TimeZoneInfo>? find = null)
    {
        find ??= TimeZoneInfo.FindSystemTimeZoneById;
        if (id == "UTC")
        {
            return TimeZoneInfo.Utc;
        }

        if (IsName(id) && TryFind(id, find) is { } zone)
        {
            return zone;
        }

        if (TryFind("Europe/London", find) is null)
        {
            throw new PatchException(PatchErrorCode.NotFound, id, $"The time zone '{id}' cannot be found, nor can any other: this machine "
                + "has no IANA time zones. Install tzdata; on Windows, let .NET use ICU. UTC works everywhere.");
        }

        throw new PatchException(PatchErrorCode.InvalidArgument, id,
            $"'{id}' is no time zone of the IANA database. Write it as Europe/Berlin, America/New_York or UTC.");
    }

    /// <summary>
    /// The instant of a local time. One that the clock skips (spring) is the first instant after the gap; one that comes twice (autumn)
    /// is the first of the two.
    /// </summary>
    public static DateTimeOffset InstantOf(DateTime local, TimeZoneInfo zone)
    {
        // From instants to local times a zone is a function; the way back is found by trying the offsets that are near.
        var asUtc = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        var before = zone.GetUtcOffset(asUtc.AddHours(-30));
        var after = zone.GetUtcOffset(asUtc.AddHours(30));
        foreach (var offset in new[] { before, after }.OrderDescending())
        {
            if (zone.GetUtcOffset(asUtc - offset) == offset)
            {
                return new DateTimeOffset(asUtc - offset);
            }
        }

        var (low, high) = (asUtc - after, asUtc - before);
        while (high.Ticks - low.Ticks > 1)
        {
            var middle = low.AddTicks((high.Ticks - low.Ticks) / 2);
            (low, high) = zone.GetUtcOffset(middle) == before ? (middle, high) : (low, middle);
        }

        return new DateTimeOffset(high);
    }

    private static bool IsName(string id) => id.Length is > 0 and < 100 && !Local.Contains(id, StringComparer.OrdinalIgnoreCase)
        && !id.StartsWith('/') && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+');

    private static TimeZoneInfo? TryFind(string id, Func<string, TimeZoneInfo> find)
    {
        try
        {
            return find(id);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or SecurityException or IOException
            or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
