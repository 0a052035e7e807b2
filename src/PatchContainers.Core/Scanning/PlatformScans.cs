using System.Runtime.CompilerServices;
using PatchContainers.Images;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Scanning;

/// <summary>Scans images by a scanner that is asked for one platform at a time.</summary>
/// <param name="scanner">The scanner.</param>
/// <param name="resolver">Reads images down to their configurations.</param>
/// <param name="stores">Where images are found.</param>
/// <param name="router">Where an image lies.</param>
internal sealed class PlatformScans(IPlatformScanner scanner, ImageResolver resolver, ImageStoreOptions stores, ImageStoreRouter router)
    : IImageScanner
{
    private readonly BaseLayers _baseLayers = new(resolver);
    private readonly RegistryLogins _logins = new(stores);
    private readonly RegistryHosts _hosts = new(stores.InsecureRegistries, []);

    /// <inheritdoc/>
    public string Name => scanner.Name;

    /// <inheritdoc/>
    /// <exception cref="PatchException">What the scanner says; otherwise what stores say.</exception>
    public async IAsyncEnumerable<ImageScanResult> ScanAsync(
        ScanTarget target, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(notices);
        scanner.CheckUse(target);
        var image = await resolver.ResolveAsync(target.Image, cancellationToken).ConfigureAwait(false);
        foreach (var platform in ScanTargetPlatforms.Of(target, image))
        {
            var result = await scanner.ScanAsync(target, platform, SourceOf(target.Image, platform), notices, cancellationToken)
                .ConfigureAwait(false);
            var baseLayers = await _baseLayers.CountAsync(target.Base, platform, target.Name, notices, cancellationToken).ConfigureAwait(false);
            yield return result with
            {
                Image = target.Name,
                Digest = image.Digest.ToString(),
                Base = target.Base,
                Platform = platform.Platform.ToString(),
                ManifestDigest = platform.ManifestDescriptor.Digest.ToString(),
                Scanner = result.Scanner with { Name = Name },
                Findings = [.. result.Findings.Select(f => Locate(f, platform, baseLayers)).Order(FindingOrder.Instance)],
                Workloads = target.Workloads,
                ScannedAt = stores.TimeProvider.GetUtcNow(),
            };
        }
    }

    private ScannedSource SourceOf(ImageReference image, PlatformImage platform)
    {
        var place = router.PlaceOf(image);
        return new ScannedSource(place.Transport is ImageTransport.DockerArchive or ImageTransport.DockerDaemon ? place
            : place.AtDigest(platform.ManifestDescriptor.Digest), platform.Platform,
            place.Transport == ImageTransport.Registry ? _logins.Find(image) : null,
            place.Transport == ImageTransport.Registry && _hosts.ApiOf(place.Registry).Scheme == Uri.UriSchemeHttp);
    }

    // Scanners name a layer by its DiffID, by the manifest's digest, or by both.
    private static Finding Locate(Finding finding, PlatformImage platform, int? baseLayers)
    {
        var layers = platform.Manifest.Layers;
        var number = Enumerable.Range(0, layers.Count).FirstOrDefault(i => layers[i].Digest.ToString() == finding.Layer
            || (i < platform.Config.DiffIds.Count && platform.Config.DiffIds[i].ToString() == finding.Layer), -1);
        return number < 0 ? finding : finding with
        {
            Layer = layers[number].Digest.ToString(),
            Origin = baseLayers is not { } count ? finding.Origin : number < count ? FindingOrigin.Base : FindingOrigin.Application,
        };
    }
}
