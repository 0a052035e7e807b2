using System.Runtime.CompilerServices;
using System.Text;
using PatchContainers.Images;
using PatchContainers.Records;
using PatchContainers.Scanning.Reports;
using PatchContainers.Stores;

namespace PatchContainers.Scanning.Clair;

/// <summary>Reads what a scanner has to say of images that it scanned before, and finds which images that is about.</summary>
public sealed class ImageNotifications
{
    private readonly Func<ClairNotifier> _notifier;
    private readonly ImageResolver _resolver;
    private readonly TimeProvider _clock;

    internal ImageNotifications(Func<ClairNotifier> notifier, ImageResolver resolver, TimeProvider clock) =>
        (_notifier, _resolver, _clock) = (notifier, resolver, clock);

    /// <summary>Reads notifications, in the order of the source.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="notices">Takes warnings.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: a webhook or a page is none;
    /// <see cref="PatchErrorCode.InvalidArgument"/>: a webhook is of another notifier than the settings name, or they name none;
    /// <see cref="PatchErrorCode.ScannerFailed"/>: the notifier does not tell; what files say that cannot be read.</exception>
    public async Task<IReadOnlyList<ImageNotification>> ReadAsync(
        ImageNotificationSource source, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(notices);
        var found = new List<ImageNotification>();
        foreach (var id in SetsOf(source, cancellationToken))
        {
            var set = await _notifier().ReadAsync(id, cancellationToken).ConfigureAwait(false);
            if (set.Count == 0)
            {
                // The notifier answers so for any id.
                notices.Report(new PatchNotice.Warning(
                    $"Clair's notifier has nothing in the set {id}: it was acknowledged before, or is too old, or is another notifier's."));
            }

            found.AddRange(set);
        }

        var pages = source.Pages.Select(p => ReadFile(p, ClairNotificationPage.Read, cancellationToken)).ToArray();
        if (pages.Length > 0 && pages.All(p => p.Next.Length > 0))
        {
            notices.Report(new PatchNotice.Warning(
                $"{source.Pages[^1]} is not the last page: others follow, and what they say is missing here."));
        }

        var now = _clock.GetUtcNow();
        return [.. found.Concat(pages.SelectMany(p => p.Notifications)).Select(n => n with { ReceivedAt = now })];
    }

    /// <summary>
    /// The notifications that are about the image of a record: one of its platforms, or a digest that one of its workloads runs. Each has
    /// the image, its base and its workloads, so that later commands can go on with it.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="notifications">The notifications.</param>
    /// <param name="notices">Takes warnings.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">What stores say of an image that cannot be read: whether it is named, is not known
    /// then.</exception>
    public async IAsyncEnumerable<ImageNotification> FindAsync(PipelineRecord record, IReadOnlyList<ImageNotification> notifications,
        IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(notifications);
        ArgumentNullException.ThrowIfNull(notices);
        if (notifications.Count == 0)
        {
            yield break;
        }

        var (digest, manifests) = await ManifestsOfAsync(record, notices, cancellationToken).ConfigureAwait(false);
        foreach (var notification in notifications.Where(n => manifests.Contains(n.AffectedDigest)))
        {
            yield return notification with
            {
                Image = record.CurrentImage,
                Digest = digest,
                Base = record.Base,
                Workloads = record.Workloads,
            };
        }
    }

    /// <summary>Has the notifier forget the sets that the source names.</summary>
    /// <param name="source">The webhooks and ids.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">As of <see cref="ReadAsync"/>.</exception>
    public async Task AcknowledgeAsync(ImageNotificationSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        foreach (var id in SetsOf(source, cancellationToken))
        {
            await _notifier().DeleteAsync(id, cancellationToken).ConfigureAwait(false);
        }
    }

    private IReadOnlyList<string> SetsOf(ImageNotificationSource source, CancellationToken cancellationToken)
    {
        var sets = new List<string>();
        foreach (var text in source.Webhooks)
        {
            var webhook = text.AsSpan().TrimStart() is ['{', ..]
                ? Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "the webhook's text", ClairWebhook.Read, cancellationToken)
                : ReadFile(text, ClairWebhook.Read, cancellationToken);
            _notifier().CheckCallback(webhook);
            sets.Add(webhook.NotificationId);
        }

        return [.. sets.Concat(source.Ids).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private async Task<(string Digest, HashSet<string> Manifests)> ManifestsOfAsync(
        PipelineRecord record, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        // A scan's result is of one platform; there is one for each.
        if (record.Record is ImageScanResult { ManifestDigest.Length: > 0 } result)
        {
            return (result.Digest, [result.ManifestDigest]);
        }

        var reference = record.ToReference();
        var root = await _resolver.ResolveRootAsync(reference, cancellationToken).ConfigureAwait(false);
        var manifests = root.Images.Select(i => i.Digest.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var text in record.Workloads.SelectMany(w => w.RunningDigests).Distinct(StringComparer.Ordinal))
        {
            manifests.Add(text);
            if (Digest.TryParse(text, out var running) && running != root.Digest && root.Images.All(i => i.Digest != running))
            {
                await AddRunningAsync(root, running, manifests, notices, cancellationToken).ConfigureAwait(false);
            }
        }

        return (root.Digest.ToString(), manifests);
    }

    // What runs may be an older index, whose platforms are not those of the tag now; or a configuration, which no registry has as a
    // manifest.
    private async Task AddRunningAsync(
        ResolvedRoot root, Digest running, HashSet<string> manifests, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        try
        {
            var old = await _resolver.ResolveRootAsync(root.Reference.AtDigest(running), cancellationToken).ConfigureAwait(false);
            manifests.UnionWith(old.Images.Select(i => i.Digest.ToString()));
        }
        catch (PatchException e)
        {
            foreach (var image in root.Images)
            {
                if ((await _resolver.ReadImageManifestAsync(root, image, cancellationToken).ConfigureAwait(false)).Config.Digest == running)
                {
                    return;
                }
            }

            notices.Report(new PatchNotice.Warning(
                $"What runs as {running} of {root.Reference} is not known, nor whether a notification is about it: {e.Message}"));
        }
    }

    private static T ReadFile<T>(string path, Func<JsonCursor, T> read, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Read(file, path, read, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var code = e is FileNotFoundException or DirectoryNotFoundException ? PatchErrorCode.NotFound : PatchErrorCode.FileError;
            throw new PatchException(code, path, $"{path} cannot be read: {e.Message}", e);
        }
    }

    private static T Read<T>(Stream stream, string name, Func<JsonCursor, T> read, CancellationToken cancellationToken)
    {
        using (stream)
        {
            using var cursor = new JsonCursor(stream, name, cancellationToken);
            var content = read(cursor);
            cursor.End();
            return content;
        }
    }
}
