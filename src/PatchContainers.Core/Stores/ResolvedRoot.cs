using PatchContainers.Images;

namespace PatchContainers.Stores;

/// <summary>What a reference names, resolved once, before any platform of it is read.</summary>
/// <param name="Reference">The reference as asked for.</param>
/// <param name="Descriptor">What it names: an index or a manifest.</param>
/// <param name="Index">The index; null where it is a manifest.</param>
/// <param name="Images">The manifests of images in it; the manifest itself where it is one.</param>
internal sealed record ResolvedRoot(ImageReference Reference, Descriptor Descriptor, ImageIndex? Index, IReadOnlyList<Descriptor> Images)
{
    /// <summary>What it names: an index's digest or a manifest's.</summary>
    public Digest Digest => Descriptor.Digest;
}
