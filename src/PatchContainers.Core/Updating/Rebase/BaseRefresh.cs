using PatchContainers.Images;

namespace PatchContainers.Updating.Rebase;

/// <summary>
/// What the annotations <c>org.opencontainers.image.base.*</c> say after a rebase. A digest stays of the form it had: who recorded the
/// platform's manifest gets the new platform's manifest, everybody else what the base's name names.
/// </summary>
/// <param name="Name">The base image's name, without a digest.</param>
/// <param name="OldPlatformDigest">The old base's manifest for this platform; empty where it is about an index.</param>
/// <param name="NewPlatformDigest">The new base's manifest for this platform; empty where it is about an index.</param>
/// <param name="NewDigest">What the name names now: an index or a manifest.</param>
internal sealed record BaseRefresh(ImageReference Name, Digest OldPlatformDigest, Digest NewPlatformDigest, Digest NewDigest)
{
    /// <summary>Whether the name means the same to everybody. A folder of this machine does not: it is not written where no name was.</summary>
    public bool IsPublic => Name.Transport == ImageTransport.Registry;

    /// <summary>The digest to write where this one stands.</summary>
    public string Replace(string? recorded) =>
        (!OldPlatformDigest.IsEmpty && recorded == OldPlatformDigest.ToString() ? NewPlatformDigest : NewDigest).ToString();
}
