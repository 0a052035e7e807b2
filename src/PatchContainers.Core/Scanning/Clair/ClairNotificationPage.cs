using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Clair;

/// <summary>A page of the notifications of one set (<c>notification_page.schema.json</c>).</summary>
/// <param name="Next">What to ask for the next page with; empty on the last.</param>
/// <param name="Notifications">The notifications.</param>
internal sealed record ClairNotificationPage(string Next, IReadOnlyList<ClairNotification> Notifications)
{
    /// <summary>Reads a page.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is none.</exception>
    public static ClairNotificationPage Read(JsonCursor cursor)
    {
        var (next, notifications, isPage) = (string.Empty, new List<ClairNotification>(), false);
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
                notifications.AddRange(cursor.Values().Select(n => ClairNotification.Read(n, cursor)));
            }
        }

        // Whether there is more, the page alone says.
        return isPage ? new ClairNotificationPage(next, notifications)
            : throw cursor.Fault("it is no page of Clair's notifications: it has no 'page'");
    }
}
