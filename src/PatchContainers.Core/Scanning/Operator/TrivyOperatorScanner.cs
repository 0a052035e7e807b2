using System.Runtime.CompilerServices;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;
using PatchContainers.Stores;

namespace PatchContainers.Scanning.Operator;

/// <summary>
/// What the Trivy Operator found in the images that run in a cluster. It scans by itself, and this reads its reports: those of a cluster once,
/// for all images.
/// </summary>
/// <param name="settings">Where the reports are.</param>
/// <param name="read">Reads the reports of a context and a namespace; empty for the current context, for all namespaces.</param>
/// <param name="resolver">Reads images down to their configurations.</param>
internal sealed class TrivyOperatorScanner(OperatorSettings settings,
    Func<string, string, IProgress<PatchNotice>, CancellationToken, Task<OperatorReports>> read, ImageResolver resolver) : IImageScanner
{
    private readonly Dictionary<string, Task<OperatorReports>> _reports = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Name => TrivyOperatorReport.ScannerName;

    /// <summary>
    /// The newest report of the image, one for each digest of it that there is a report of: of its index, or of platforms. The result has the
    /// report's time.
    /// </summary>
    /// <inheritdoc/>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ScannerFailed"/>: there is no report of the image, or only of another digest of
    /// that name, or one that may be of it cannot be read; otherwise what the cluster or stores say.</exception>
    public async IAsyncEnumerable<ImageScanResult> ScanAsync(
        ScanTarget target, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(notices);
        var (reports, unread) = (new List<ImageScanResult>(), new List<UnreadReport>());
        foreach (var context in ContextsOf(target))
        {
            var all = await ReportsAsync(context, notices, cancellationToken).ConfigureAwait(false);
            reports.AddRange(all.Results);
            unread.AddRange(all.Unread);
        }

        // What runs is known by its digest, without a registry; a tag alone is not.
        var pinned = target.Image.Digest;
        var digests = new HashSet<string>(pinned.IsEmpty ? [] : [pinned.ToString()], StringComparer.Ordinal);
        var found = reports.Where(r => digests.Contains(r.Digest)).ToArray();
        ResolvedImage? image = null;
        if (found.Length == 0)
        {
            image = await resolver.ResolveAsync(target.Image, cancellationToken).ConfigureAwait(false);
            digests.UnionWith(ScanTargetPlatforms.Of(target, image).Select(p => p.ManifestDescriptor.Digest).Append(image.Digest)
                .Select(d => d.ToString()));
            found = [.. reports.Where(r => digests.Contains(r.Digest))];
        }

        if (unread.Find(r => MayBeOf(r, target, digests)) is { } lost)
        {
            throw new PatchException(PatchErrorCode.ScannerFailed, target.Name, $"{target.Name} was not scanned by {Name}: "
                + $"{lost.Fault.Message} Delete the report, and the operator scans again.", lost.Fault);
        }

        found = found.Length > 0 ? found : ByName(target, reports, notices);
        foreach (var same in found.GroupBy(r => r.Digest, StringComparer.Ordinal))
        {
            yield return Complete(target, image, same.MaxBy(r => r.ScannedAt)!);
        }
    }

    private static ImageScanResult Complete(ScanTarget target, ResolvedImage? image, ImageScanResult report)
    {
        var platforms = image is null ? [] : ScanTargetPlatforms.Of(target, image);
        var platform = platforms.FirstOrDefault(p => p.ManifestDescriptor.Digest.ToString() == report.Digest)
            ?? (image?.Platforms.Count == 1 ? platforms[0] : null);
        return report with
        {
            Image = target.Name,
            Digest = image?.Digest.ToString() ?? report.Digest,
            Base = target.Base,
            Platform = platform?.Platform.ToString() ?? string.Empty,
            ManifestDigest = platform?.ManifestDescriptor.Digest.ToString() ?? string.Empty,
            Findings = [.. report.Findings.Order(FindingOrder.Instance)],
            Workloads = target.Workloads.Count > 0 ? target.Workloads : report.Workloads,
        };
    }

    // Where it tells a digest, by that alone: another digest of that name is another image.
    private static bool MayBeOf(UnreadReport report, ScanTarget target, HashSet<string> digests) => report.Digest.Length > 0
        ? digests.Contains(report.Digest)
        : ImageReference.TryParse(report.Image, out var image, out _) && image.RepositoryKey == target.Image.RepositoryKey
            && (target.Image.Tag is null || image.Tag == target.Image.Tag);

    // Reports of old operators tell no digest where a tag was run.
    private ImageScanResult[] ByName(ScanTarget target, List<ImageScanResult> reports, IProgress<PatchNotice> notices)
    {
        var named = reports.Where(r => ImageReference.TryParse(r.Image, out var image, out _) && image.RepositoryKey == target.Image.RepositoryKey
            && image.Tag == target.Image.Tag && image.Tag is not null).ToArray();
        var others = named.Where(r => r.Digest.Length > 0).Select(r => r.Digest).Distinct().ToArray();
        if (named.Length == 0 || others.Length > 0)
        {
            throw new PatchException(PatchErrorCode.ScannerFailed, target.Name, $"{target.Name} was not scanned by {Name}: "
                + (named.Length == 0 ? "there is no report of it in the cluster. The operator scans what runs there."
                    : $"the cluster has reports of that name, of another digest alone ({string.Join(", ", others)})."));
        }

        notices.Report(new PatchNotice.Warning(
            $"The Trivy Operator's report of {target.Name} tells no digest: it is taken by its name, and may be of what had that tag before."));
        return named;
    }

    private string[] ContextsOf(ScanTarget target)
    {
        var contexts = settings.Context.Length > 0 ? [settings.Context]
            : target.Workloads.Where(w => w is { Platform: "Kubernetes", Context.Length: > 0 }).Select(w => w.Context).Distinct(StringComparer.Ordinal).ToArray();
        return contexts.Length > 0 ? contexts : [string.Empty];
    }

    private Task<OperatorReports> ReportsAsync(string context, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        if (!_reports.TryGetValue(context, out var reports))
        {
            _reports[context] = reports = ReadAsync(context, notices, cancellationToken);
        }

        return reports;
    }

    private async Task<OperatorReports> ReadAsync(string context, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        var reports = await read(context, settings.Namespace, notices, cancellationToken).ConfigureAwait(false);
        foreach (var report in reports.Unread.Where(r => r.Image.Length == 0 && r.Digest.Length == 0))
        {
            notices.Report(new PatchNotice.Warning($"{report.Fault.Message} It does not tell of which image it is, and is passed over."));
        }

        return reports;
    }
}
