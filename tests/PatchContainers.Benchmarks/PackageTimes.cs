using System.Diagnostics;
using PatchContainers.Layers;
using PatchContainers.Packages;

namespace PatchContainers.Benchmarks;

/// <summary>The packages of an image that was read before, from the cache of layers: what a second scan spends before it matches.</summary>
internal static class PackageTimes
{
    public static async Task<int> RunAsync(string image)
    {
        var opened = await BenchmarkImage.OpenAsync(image);
        var folder = Directory.CreateTempSubdirectory("patchcontainers-benchmark-");
        try
        {
            var times = new List<double>();
            for (var i = 0; i < 31; i++)
            {
                var watch = Stopwatch.StartNew();
                var source = new LayerSource(opened.Store, new LayerCache(folder.FullName), new LayerLimits());
                var packages = await new ImagePackageReader(source).ReadAsync(opened.Reference, opened.Platform);
                times.Add(watch.Elapsed.TotalMilliseconds);
                if (i < 2)
                {
                    Console.WriteLine(FormattableString.Invariant($"reading {i + 1}: {times[i]:F1} ms, {source.BlobReads} blobs, {packages.Packages.Count} packages"));
                }
            }

            var later = times.Skip(2).Order().ToArray();
            Console.WriteLine(FormattableString.Invariant($"later readings: median {later[later.Length / 2]:F2} ms, worst {later[^1]:F2} ms"));
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
