using PatchContainers.Images;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>Reads what a kubelet says a container runs.</summary>
internal static class RunningImage
{
    private const string Algorithm = "sha256:";
    private const int HexLength = 64;

    /// <summary>
    /// The digest in a container's <c>imageID</c>; null where it says none, as before the image was pulled. It is the digest that was pulled
    /// (<c>docker-pullable://NAME@sha256:...</c>, <c>NAME@sha256:...</c>) or the configuration's (<c>docker://sha256:...</c>,
    /// <c>sha256:...</c>): the registry tells which.
    /// </summary>
    public static string? DigestOf(string? imageId)
    {
        var at = imageId?.LastIndexOf(Algorithm, StringComparison.Ordinal) ?? -1;
        return at >= 0 && imageId!.Length == at + Algorithm.Length + HexLength && Digest.TryParse(imageId[at..], out _) ? imageId[at..] : null;
    }
}
