using System.Globalization;
using System.Net;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Scanning.Clair;

/// <summary>Clair's notifier: what it says of images that were indexed, set by set.</summary>
/// <param name="settings">Where it is.</param>
/// <param name="environment">Reads a variable of the environment.</param>
/// <param name="clock">The time.</param>
/// <param name="pageSize">How many notifications are asked for at a time: as many as it gives by itself.</param>
internal sealed class ClairNotifier(ClairSettings settings, Func<string, string?> environment, TimeProvider clock, int pageSize = 500)
    : IDisposable
{
    private const string Notifications = "/notifier/api/v1/notification";

    private ClairServers? _servers;

    /// <summary>Throws where a webhook is of another notifier: its callback is asked for with what only our own may have.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is.</exception>
    public void CheckCallback(ClairWebhook webhook)
    {
        if (settings.Notifier is { } notifier && !RegistryHosts.IsSameServer(webhook.Callback, notifier))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, webhook.NotificationId,
                $"The webhook sends to {Authority(webhook.Callback)} for its notifications, and Clair's notifier is at "
                    + $"{Authority(notifier)}, as the settings ('scanners') say. Nobody was asked. Where both are one server, ask for the set by its id: "
                    + $"{webhook.NotificationId}.");
        }
    }

    /// <summary>The notifications of a set.</summary>
    /// <param name="id">The set's id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: this is no id, or the settings name no notifier;
    /// <see cref="PatchErrorCode.ScannerFailed"/>: the notifier does not tell; <see cref="PatchErrorCode.Unauthorized"/>,
    /// <see cref="PatchErrorCode.Unreachable"/>.</exception>
    public async Task<IReadOnlyList<ImageNotification>> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var (subject, path) = Address(id);
        var servers = await OpenAsync(cancellationToken).ConfigureAwait(false);
        var (found, seen, next) = (new List<ImageNotification>(), new HashSet<string>(StringComparer.Ordinal), string.Empty);
        do
        {
            var query = string.Create(CultureInfo.InvariantCulture, $"?page_size={pageSize}")
                + (next.Length > 0 ? $"&next={Uri.EscapeDataString(next)}" : string.Empty);
            var call = servers.Call(subject, HttpMethod.Get, path + query);
            var (page, other) = await servers.Notifier!.ReadAsync(call, ClairNotificationPage.Read, cancellationToken)
                .ConfigureAwait(false);
            if (page is null)
            {
                throw servers.Refused(servers.Notifier, call, other!, text => text);
            }

            found.AddRange(page.Notifications.Select(n => n with { SetId = id }));
            next = page.Next;
            if (next.Length > 0 && !seen.Add(next))
            {
                throw servers.Notifier.Failed(subject, "its pages have no end");
            }
        }
        while (next.Length > 0);
        return found;
    }

    /// <summary>Has the notifier forget a set: nobody can read it again.</summary>
    /// <param name="id">The set's id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">As of <see cref="ReadAsync"/>.</exception>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        var (subject, path) = Address(id);
        var servers = await OpenAsync(cancellationToken).ConfigureAwait(false);
        var call = servers.Call(subject, HttpMethod.Delete, path);
        var answer = await servers.Notifier!.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.NoContent))
        {
            throw servers.Refused(servers.Notifier, call, answer, text => text);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _servers?.Dispose();

    // Clair's ids are UUIDs; anything else could lead to other paths.
    private static (string Subject, string Path) Address(string id) => Guid.TryParseExact(id, "D", out var set)
        ? ($"The set of notifications {set}", $"{Notifications}/{set}")
        : throw new PatchException(PatchErrorCode.InvalidArgument, id,
            $"'{id}' is no id of a set of Clair's notifications. It looks as 269886f3-0146-4f08-9bf7-cb1138d48643.");

    private static string Authority(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private async Task<ClairServers> OpenAsync(CancellationToken cancellationToken) => settings.Notifier is null
        ? throw new PatchException(PatchErrorCode.InvalidArgument, ClairScanner.ScannerName,
            "Where Clair's notifier is, nobody says: give 'url' or 'notifierUrl' in the settings file, under 'scanners', 'clair'.")
        : _servers ??= await ClairServers.OpenAsync(settings, environment, clock, cancellationToken).ConfigureAwait(false);
}
