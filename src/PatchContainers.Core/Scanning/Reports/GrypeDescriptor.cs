using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>Which Grype wrote a report, when, and with which database.</summary>
/// <param name="Version">Its version; empty where it is a build that has none.</param>
/// <param name="Time">When it scanned, UTC.</param>
/// <param name="DatabaseTime">When its database was made, UTC.</param>
/// <param name="KnowsExploited">Whether the database holds what is known to be exploited.</param>
internal sealed record GrypeDescriptor(string Version, DateTimeOffset? Time, DateTimeOffset? DatabaseTime, bool KnowsExploited)
{
    /// <summary>Reads <c>descriptor</c>.</summary>
    /// <param name="descriptor">The object.</param>
    /// <param name="cursor">Names the fault.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it says that the database was not good.</exception>
    public static GrypeDescriptor Read(JsonElement descriptor, JsonCursor cursor)
    {
        // Of schema 6 on, the status stands apart, with what the database was made of beside it.
        var database = descriptor.At("db") ?? default;
        var status = database.At("status") ?? database;
        if (status.At("error") is { ValueKind: not JsonValueKind.Null } error && error.Text() != string.Empty)
        {
            throw cursor.Fault($"Grype's database was not good when it scanned ({error.GetRawText()}): update it, and scan again");
        }

        if (status.At("valid") is { ValueKind: JsonValueKind.False })
        {
            throw cursor.Fault("Grype's database was not valid when it scanned: update it, and scan again");
        }

        var version = descriptor.Word("version");
        return new GrypeDescriptor(version == "[not provided]" ? string.Empty : version, Said(descriptor.Time("timestamp")),
            Said(status.Time("built")), database.At("providers", "kev") is not null);
    }

    // Grype writes the year 1 for a time that it does not know.
    private static DateTimeOffset? Said(DateTimeOffset? time) => time is { Year: > 1 } ? time : null;
}
