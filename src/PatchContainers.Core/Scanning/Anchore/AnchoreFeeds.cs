using System.Text.Json;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Anchore;

/// <summary>What Anchore says of the feeds that its vulnerabilities come from.</summary>
/// <param name="HasData">Whether there is anything in one of them.</param>
/// <param name="Time">The oldest time of one that is used: what is newer than that, it may not know; null where none is told.</param>
internal sealed record AnchoreFeeds(bool HasData, DateTimeOffset? Time)
{
    // Feeds of other things, which may be as old as they like: lists of published packages, of malware, of configuration rules.
    private static readonly string[] Others = ["packages", "malware", "clamav", "stig"];

    /// <summary>Reads the list.</summary>
    public static AnchoreFeeds Read(JsonCursor cursor)
    {
        var (hasData, times) = (false, new List<DateTimeOffset>());
        foreach (var feed in cursor.Values().Where(IsOfVulnerabilities))
        {
            var groups = feed.Items("groups").Where(g => IsUsed(g) && g.Number("record_count") is not 0).ToArray();
            DateTimeOffset[] told = [.. groups.Select(TimeOf).Append(TimeOf(feed)).OfType<DateTimeOffset>()];
            hasData |= told.Length > 0 || groups.Any(g => g.Number("record_count") > 0);
            times.AddRange(told);
        }

        return new AnchoreFeeds(hasData, times.Count > 0 ? times.Min() : null);
    }

    private static bool IsOfVulnerabilities(JsonElement feed) => IsUsed(feed)
        && !Others.Any(o => feed.Word("name").Contains(o, StringComparison.OrdinalIgnoreCase));

    private static bool IsUsed(JsonElement part) => part.At("enabled") is not { ValueKind: JsonValueKind.False };

    // When the data was made, where that is told (Enterprise 5), else when Anchore fetched it.
    private static DateTimeOffset? TimeOf(JsonElement part) =>
        part.Time("data_service_built_at") ?? part.Time("last_sync") ?? part.Time("last_full_sync");
}
