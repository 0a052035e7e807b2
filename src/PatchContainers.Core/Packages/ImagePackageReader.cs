using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Stores;

namespace PatchContainers.Packages;

/// <summary>Reads which packages an image contains: dpkg and apk databases and <c>os-release</c>, over all its layers.</summary>
public sealed class ImagePackageReader
{
    /// <summary>Makes a reader.</summary>
    public ImagePackageReader(LayerSource layers) => _ = layers;

    /// <summary>The files that a pass over a layer has to keep for this reader.</summary>
    public static LayerSelection Selection { get; } = new("packages-1", static _ => false);

    /// <summary>Reads the packages of one platform of an image.</summary>
    /// <param name="repository">Any reference of the repository that holds the layers.</param>
    /// <param name="image">The platform's manifest and config.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PatchException">What <see cref="LayerSource.ReadAsync"/> says, and <see cref="PatchErrorCode.InvalidData"/> for links that
    /// run in a circle.</exception>
    public Task<ImagePackages> ReadAsync(ImageReference repository, PlatformImage image, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();
}
