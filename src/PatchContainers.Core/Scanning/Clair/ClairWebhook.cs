using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Clair;

/// <summary>What Clair's notifier posts to a webhook (<c>notification_webhook.schema.json</c>): where its notifications are.</summary>
/// <param name="NotificationId">The id of the set of notifications.</param>
/// <param name="Callback">Where its pages are.</param>
internal sealed record ClairWebhook(string NotificationId, Uri Callback)
{
    /// <summary>Reads what was posted.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is none.</exception>
    public static ClairWebhook Read(JsonCursor cursor)
    {
        using var document = cursor.Read();
        var (id, callback) = (document.RootElement.Word("notification_id"), document.RootElement.Word("callback"));
        return id.Length > 0 && Uri.TryCreate(callback, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? new ClairWebhook(id, uri)
            : throw cursor.Fault($"it is no webhook of Clair's notifier: 'notification_id' is '{id}', 'callback' is '{callback}'");
    }
}
