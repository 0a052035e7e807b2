using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>What an image says itself about its base (OCI image specification 1.1, annotations.md).</summary>
/// <param name="Method">Where it says so.</param>
/// <param name="Name">The base's name as written; empty where it is not told.</param>
/// <param name="Digest">The base's digest as written; empty where it is not told.</param>
internal sealed record RecordedBase(BaseEvidence Method, string Name, string Digest)
{
    /// <summary>The annotation or label with the base's name.</summary>
    public const string NameKey = "org.opencontainers.image.base.name";

    /// <summary>The annotation or label with the base's digest.</summary>
    public const string DigestKey = "org.opencontainers.image.base.digest";

    /// <summary>The name that says that there is no base.</summary>
    public const string Scratch = "scratch";

    /// <summary>All that one platform of an image says, strongest first: its manifest, its entry in the index, the index, its
    /// labels.</summary>
    public static IEnumerable<RecordedBase> Of(PlatformImage platform, ImageIndex? index)
    {
        (BaseEvidence, IReadOnlyDictionary<string, string>)[] places =
        [
            (BaseEvidence.Annotation, platform.Manifest.Annotations),
            (BaseEvidence.Annotation, platform.ManifestDescriptor.Annotations),
            (BaseEvidence.Annotation, index?.Annotations ?? Descriptor.EmptyAnnotations),
            (BaseEvidence.Label, platform.Config.Labels),
        ];
        foreach (var (method, values) in places)
        {
            var found = new RecordedBase(method, values.GetValueOrDefault(NameKey, string.Empty),
                values.GetValueOrDefault(DigestKey, string.Empty));
            if (found.Name.Length > 0 || found.Digest.Length > 0)
            {
                yield return found;
            }
        }
    }
}
