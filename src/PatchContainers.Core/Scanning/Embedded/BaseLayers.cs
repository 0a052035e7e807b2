using PatchContainers.Images;
using PatchContainers.Staleness;
using PatchContainers.Stores;

namespace PatchContainers.Scanning.Embedded;

/// <summary>Finds how many of an image's lowest layers are its base's, by their DiffIDs and by nothing else.</summary>
internal sealed class BaseLayers
{
    private readonly ImageResolver _resolver;

    /// <summary>Asks this resolver.</summary>
    public BaseLayers(ImageResolver resolver) => _resolver = resolver;

    /// <summary>
    /// How many layers came with the base; null where that cannot be known: the base's digest is not known, its image is no longer there,
    /// or its layers are not the image's lowest (then a warning says so).
    /// </summary>
    public async Task<int?> CountAsync(
        BaseImageInfo info, PlatformImage image, string name, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        // The recorded digest may be unknown where the current base still is the one that the image was built on; the layers prove it.
        string? seen = null;
        foreach (var digest in new[] { info.RecordedDigest, info.CurrentDigest }.Where(d => d.Length > 0).Distinct())
        {
            if (await ResolveAsync(info, digest, notices, cancellationToken).ConfigureAwait(false) is not { } baseImage)
            {
                continue;
            }

            foreach (var platform in baseImage.Platforms.Where(p => p.Platform.IsSame(image.Platform)))
            {
                var layers = platform.Config.DiffIds;
                if (layers.Count > 0 && layers.SequenceEqual(image.Config.DiffIds.Take(layers.Count)))
                {
                    return layers.Count;
                }

                seen ??= digest;
            }
        }

        if (seen is not null)
        {
            notices.Report(new PatchNotice.Warning($"{name} ({image.Platform}) does not begin with the layers of its recorded base "
                + $"{info.Name}@{seen}: the origin of its findings stays Unknown."));
        }

        return null;
    }

    private async Task<ResolvedImage?> ResolveAsync(
        BaseImageInfo info, string digest, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        if (!Digest.TryParse(digest, out var parsed))
        {
            return null;
        }

        foreach (var name in info.Name.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!ImageReference.TryParse(name, out var reference, out _))
            {
                continue;
            }

            try
            {
                return await _resolver.ResolveAsync(reference.AtDigest(parsed), cancellationToken).ConfigureAwait(false);
            }
            catch (PatchException e)
            {
                // Without the base, its findings still are findings.
                notices.Report(new PatchNotice.Verbose(
                    $"The base {name}@{digest} could not be read, so the origin of findings stays Unknown: {e.Message}"));
            }
        }

        return null;
    }
}
