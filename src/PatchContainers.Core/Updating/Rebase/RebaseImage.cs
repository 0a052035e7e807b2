using PatchContainers.Images;

namespace PatchContainers.Updating.Rebase;

/// <summary>All that is written for one rebased image: whole, or not at all.</summary>
/// <param name="Source">The old image.</param>
/// <param name="Target">The new image, with its tag.</param>
/// <param name="BaseReference">Any reference of the repository that holds the new base's layers.</param>
/// <param name="Platforms">One entry a platform, none with rejections.</param>
/// <param name="RootMediaType">The media type of what the tag names.</param>
/// <param name="Root">The index; for an image of one manifest, that manifest.</param>
/// <param name="HasIndex">Whether the root is an index.</param>
internal sealed record RebaseImage(
    ImageReference Source,
    ImageReference Target,
    ImageReference BaseReference,
    IReadOnlyList<PlatformRebase> Platforms,
    string RootMediaType,
    byte[] Root,
    bool HasIndex)
{
    /// <summary>The digest that the new tag names.</summary>
    public Digest Digest { get; } = Digest.OfBytes(Root);
}
