using PatchContainers.Images;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>An image of an archive: its names, and the document that they name.</summary>
/// <param name="Names">The references in <c>RepoTags</c>.</param>
/// <param name="Root">The index or manifest.</param>
internal sealed record ArchiveImage(IReadOnlyList<ImageReference> Names, StoredManifest Root);
