using System.IO.Compression;
using System.Text;
using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;

namespace PatchContainers.Benchmarks;

/// <summary>An image of 10,000 files in three layers with the 357 packages of a real dpkg database, from the conformance data.</summary>
internal static class SyntheticImage
{
    private static string? Status => ConformanceData.Find("pkgdb", "dpkg-status", "texlive.status.gz");

    /// <summary>Whether the data is there.</summary>
    public static bool IsAvailable => Status is not null;

    /// <summary>Writes the image into an OCI layout.</summary>
    public static async Task<ImageReference> WriteAsync(string folder)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Status!), CompressionMode.Decompress), Encoding.UTF8);
        var status = await reader.ReadToEndAsync();
        var builder = new TestImageBuilder();
        for (var layer = 0; layer < 3; layer++)
        {
            var number = layer;
            builder = builder.Layer($"layer {number}", l =>
            {
                if (number == 0)
                {
                    l.AddOsRelease();
                    l.AddFile("var/lib/dpkg/status", status);
                }

                for (var i = 0; i < 3333; i++)
                {
                    l.AddFile($"usr/share/layer{number}/folder{i / 100}/file{i}.txt", $"{number} {i}");
                }
            });
        }

        var image = ImageReference.Parse($"oci:{folder}:1");
        using var store = new ImageStoreRouter(new ImageStoreOptions());
        await builder.Build().WriteAsync(store, image);
        return image;
    }
}
