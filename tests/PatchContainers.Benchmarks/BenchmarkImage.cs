using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.OciLayout;

namespace PatchContainers.Benchmarks;

/// <summary>An image in an OCI layout, for measurements: <c>oci:DIR:TAG</c>, its first platform.</summary>
internal sealed record BenchmarkImage(ImageReference Reference, IImageStore Store, PlatformImage Platform)
{
    public static async Task<BenchmarkImage> OpenAsync(string image)
    {
        var reference = ImageReference.Parse(image.Contains(':', StringComparison.Ordinal) ? image : $"oci:{image}");
        var store = new OciLayoutStore();
        return new BenchmarkImage(reference, store, (await new ImageResolver(store).ResolveAsync(reference)).Platforms[0]);
    }
}
