using System.Runtime.CompilerServices;
using PatchContainers.Advisories;
using PatchContainers.Advisories.Database;
using PatchContainers.Packages;
using PatchContainers.Stores;

namespace PatchContainers.Scanning.Embedded;

/// <summary>
/// Scans images without any tool beside it: packages from the layers, advisories from the compiled databases. Debian, Ubuntu and Alpine are
/// matched by source package and source version, as their own data is.
/// </summary>
public sealed class EmbeddedScanner : IImageScanner, IDisposable
{
    private readonly ImageResolver _resolver;
    private readonly ImagePackageReader _packages;
    private readonly AdvisoryDatabases _databases;
    private readonly BaseLayers _baseLayers;
    private readonly TimeProvider _time;

    /// <summary>Makes a scanner. It keeps databases open until it is disposed.</summary>
    /// <param name="resolver">Reads images down to their configurations.</param>
    /// <param name="packages">Reads what an image contains.</param>
    /// <param name="advisories">Where the compiled advisories are.</param>
    /// <param name="time">The clock.</param>
    public EmbeddedScanner(ImageResolver resolver, ImagePackageReader packages, AdvisoryCatalog advisories, TimeProvider time)
    {
        _resolver = resolver;
        _packages = packages;
        _databases = new AdvisoryDatabases(advisories);
        _baseLayers = new BaseLayers(resolver);
        _time = time;
    }

    /// <summary>The scanner's name.</summary>
    public const string ScannerName = "Embedded";

    /// <inheritdoc/>
    public string Name => ScannerName;

    /// <summary>Scans an image: one result a platform.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: no such image or platform, or no advisories for its
    /// distribution; otherwise what stores, layers and databases say.</exception>
    public async IAsyncEnumerable<ImageScanResult> ScanAsync(
        ScanTarget target, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(notices);
        var image = await _resolver.ResolveAsync(target.Image, cancellationToken).ConfigureAwait(false);
        foreach (var platform in ScanTargetPlatforms.Of(target, image))
        {
            yield return await ScanAsync(target, image, platform, notices, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _databases.Dispose();

    private async Task<ImageScanResult> ScanAsync(
        ScanTarget target, ResolvedImage image, PlatformImage platform, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        var contents = await _packages.ReadAsync(target.Image, platform, cancellationToken).ConfigureAwait(false);
        var findings = new List<Finding>();
        var unassessed = new List<UnassessedPackage>(contents.Unassessed);
        DateTimeOffset? databaseTime = null;
        if (DistributionAdvisories.Of(contents.Os, out var reason) is not { } distribution)
        {
            unassessed.AddRange(contents.Packages.Select(p => new UnassessedPackage(p.Name, p.Version, reason)));
        }
        else if (contents.Packages.Count > 0)
        {
            var databases = Open(distribution, target, platform);
            databaseTime = databases.Max(d => d.DatabaseTime);
            var extended = distribution.Extended is { } name ? _databases.TryOpen(name) : null;
            var baseLayers = await _baseLayers.CountAsync(target.Base, platform, target.Name, notices, cancellationToken)
                .ConfigureAwait(false);
            var assessment = new PackageAssessment(distribution, databases, extended);
            foreach (var package in contents.Packages)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (layer, origin) = Locate(package.Layer, platform, baseLayers);
                assessment.Assess(package, contents.Os, layer, origin, findings, unassessed);
            }
        }

        findings.Sort(FindingOrder.Instance);
        return new ImageScanResult
        {
            Image = target.Name,
            Digest = image.Digest.ToString(),
            Base = target.Base,
            Platform = platform.Platform.ToString(),
            ManifestDigest = platform.ManifestDescriptor.Digest.ToString(),
            Os = new ScannedOs { Family = contents.Os?.Id ?? string.Empty, Version = contents.Os?.VersionId ?? string.Empty },
            Scanner = new ScannerInfo
            {
                Name = Name,
                Version = typeof(EmbeddedScanner).Assembly.GetName().Version?.ToString(3) ?? string.Empty,
                DatabaseTime = databaseTime,
            },
            Findings = findings.ToArray(),
            Unassessed = unassessed.ToArray(),
            PackageCount = contents.Packages.Count,
            Workloads = target.Workloads,
            ScannedAt = _time.GetUtcNow(),
        };
    }

    private AdvisoryDatabase[] Open(DistributionAdvisories distribution, ScanTarget target, PlatformImage platform)
    {
        var release = distribution.Ecosystems.Select(_databases.TryOpen).OfType<AdvisoryDatabase>().ToArray();
        if (release.Length == 0)
        {
            throw new PatchException(PatchErrorCode.NotFound, target.Name,
                $"{target.Name} ({platform.Platform}) was not scanned: there are no advisories for {distribution.Ecosystems[0]}. "
                + "Import OSV records that name it: Update-AdvisoryDatabase, or patchcontainers advisories update, "
                + $"with a file such as osv.dev's {distribution.Family}/all.zip.");
        }

        return _databases.TryOpen(distribution.Family) is { } family ? [.. release, family] : release;
    }

    private static (string Layer, FindingOrigin Origin) Locate(int? layer, PlatformImage platform, int? baseLayers) => layer is { } number
        ? (platform.Manifest.Layers[number].Digest.ToString(),
            baseLayers is not { } count ? FindingOrigin.Unknown : number < count ? FindingOrigin.Base : FindingOrigin.Application)
        : (string.Empty, FindingOrigin.Unknown);
}
