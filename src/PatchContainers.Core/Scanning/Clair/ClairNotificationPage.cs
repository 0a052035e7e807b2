using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Clair;

/// <summary>
/// A page of the notifications of one set (<c>notification_page.schema.json</c>), or a list of them, as Clair writes it into a queue.
/// </summary>
/// <param name="Next">What to ask for the next page with; empty on the last.</param>
/// <param name="Notifications">The notifications.</param>
internal sealed record ClairNotificationPage(string Next, IReadOnlyList<ImageNotification> Notifications)
{
    /// <summary>Reads a page.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is none.</exception>
    public static ClairNotificationPage Read(JsonCursor cursor)
    {
        if (cursor.Type == JsonTokenType.StartArray)
        {
            return new ClairNotificationPage(string.Empty, ReadList(cursor));
        }

        var (next, notifications, isPage) = (string.Empty, (IReadOnlyList<ImageNotification>?)null, false);
        foreach (var name in cursor.Members())
        {
            if (name == "page")
            {
                isPage = true;
                using var page = cursor.Read();
                next = page.RootElement.Word("next");
            }
            else if (name == "notifications")
            {
                notifications = ReadList(cursor);
            }
        }

        // Whether there is more, the page alone says.
        return isPage && notifications is not null ? new ClairNotificationPage(next, notifications)
            : throw cursor.Fault($"it is no page of Clair's notifications: it has no '{(isPage ? "notifications" : "page")}'");
    }

    private static IReadOnlyList<ImageNotification> ReadList(JsonCursor cursor) => [.. cursor.Values().Select(n => ReadOne(n, cursor))];

    private static ImageNotification ReadOne(JsonElement notification, JsonCursor cursor)
    {
        var (id, manifest) = (notification.Word("id"), notification.Word("manifest"));
        if (!Digest.TryParse(manifest, out var digest))
        {
            throw cursor.Fault($"notification '{id}' names the manifest '{manifest}', which is no digest");
        }

        if (notification.At("vulnerability") is not { ValueKind: JsonValueKind.Object } vulnerability)
        {
            throw cursor.Fault($"notification '{id}' names no vulnerability");
        }

        return new ImageNotification
        {
            Id = id,
            AffectedDigest = digest.ToString(),
            Reason = notification.Word("reason"),
            Finding = ClairVulnerability.Read(vulnerability, text => text).Finding with
            {
                Package = vulnerability.Word("package", "name"),
                Version = vulnerability.Word("package", "version"),
                SourcePackage = vulnerability.Word("package", "source", "name"),
                Type = ClairPackage.Locate(string.Empty, vulnerability.Word("distribution", "did")).Kind,
            },
        };
    }
}
