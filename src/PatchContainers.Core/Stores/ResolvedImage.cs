using PatchContainers.Images;

namespace PatchContainers.Stores;

/// <summary>An image, resolved once: from here on everything speaks of digests.</summary>
/// <param name="Reference">The reference as asked for, unchanged.</param>
/// <param name="Root">What the reference names: the index of a multi-arch image, else the manifest.</param>
/// <param name="Index">The index; null where the reference names a manifest.</param>
/// <param name="Platforms">One entry a platform, in the index's order.</param>
public sealed record ResolvedImage(ImageReference Reference, Descriptor Root, ImageIndex? Index, IReadOnlyList<PlatformImage> Platforms)
{
    /// <summary>The digest that the reference names.</summary>
    public Digest Digest => Root.Digest;

    /// <summary>
    /// Whether a digest names this image in any of its forms: the index, a platform's manifest, or a platform's config.
    /// Comparing one form with another would call everything stale for ever.
    /// </summary>
    public bool IsNamedBy(Digest digest) => Root.Digest == digest
        || Platforms.Any(p => p.ManifestDescriptor.Digest == digest || p.Manifest.Config.Digest == digest);

    /// <summary>The entry of a platform; null where the image has none for it.</summary>
    public PlatformImage? ForPlatform(Platform platform) => Platforms.FirstOrDefault(p => p.Platform.IsSame(platform));
}

/// <summary>One platform of an image: its manifest and its configuration.</summary>
/// <param name="ManifestDescriptor">The manifest's descriptor.</param>
/// <param name="Manifest">The manifest.</param>
/// <param name="Config">The configuration.</param>
public sealed record PlatformImage(Descriptor ManifestDescriptor, ImageManifest Manifest, ImageConfig Config)
{
    /// <summary>What it runs on: as the index says, else as the configuration says.</summary>
    public Platform Platform => ManifestDescriptor.Platform ?? Config.Platform;
}
