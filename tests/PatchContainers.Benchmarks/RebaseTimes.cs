using System.Diagnostics;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Registry;
using PatchContainers.Updating;

namespace PatchContainers.Benchmarks;

/// <summary>
/// A rebase in one registry, in milliseconds and HTTP requests: first with no layer in the cache, then with all of them, then again when the result is
/// there already. The images are copied into a registry in this process, which logs what it is asked.
/// </summary>
internal static class RebaseTimes
{
    /// <summary>Measures.</summary>
    /// <param name="image">An image of one platform.</param>
    /// <param name="baseImage">Its base: <c>NAME=OLDREF</c>.</param>
    public static async Task<int> RunAsync(string image, string baseImage)
    {
        using var folder = new TemporaryFolder();
        await using var registry = await RegistryServer.StartAsync();
        var store = new ImageStoreRouter(new ImageStoreOptions());
        var known = KnownBase.Parse(baseImage);
        var name = ImageReference.Parse($"{registry.Host}/base:1");
        var app = ImageReference.Parse($"{registry.Host}/app:1");
        await CopyAsync(store, known.OldReferences[0], name);
        var old = (await store.ResolveAsync(name)).Digest;
        await CopyAsync(store, known.Name, name);
        await CopyAsync(store, ImageReference.Parse(image), app);

        var options = new BaseImageUpdateOptions { BaseImages = [new KnownBase(name, [name.AtDigest(old)])] };
        Console.WriteLine($"{"",-24}{"ms",8}{"requests",10}{"blob reads",12}{"sent",12}");
        foreach (var (what, tag) in new[] { ("empty cache", "cold"), ("all layers cached", "warm"), ("result there already", "warm") })
        {
            registry.ClearRequests();
            var layers = new LayerSource(store, new LayerCache(folder["cache"]), new LayerLimits());
            var updater = new BaseImageUpdater(store, new ImageResolver(store), layers, scanner: null, TimeProvider.System);
            var watch = Stopwatch.StartNew();
            var plan = await updater.PlanAsync(UpdateTarget.From(app), options with { Tag = tag }, new NoticeList());
            var update = await updater.ApplyAsync(plan, new NoticeList());
            watch.Stop();
            if (update.Status != UpdateStatus.Updated)
            {
                Console.Error.WriteLine($"{update.Status}: {string.Join(' ', update.Rejected.Select(r => r.Reason))}");
                return 1;
            }

            Console.WriteLine($"{what,-24}{watch.ElapsedMilliseconds,8}{registry.Requests.Count(r => !r.IsBlobRead),10}"
                + $"{registry.Requests.Count(r => r.IsBlobRead),12}{update.BytesUploaded,12:N0}");
        }

        return 0;
    }

    private static async Task CopyAsync(ImageStoreRouter store, ImageReference source, ImageReference target)
    {
        var image = await new ImageResolver(store).ResolveAsync(source);
        foreach (var platform in image.Platforms)
        {
            foreach (var blob in platform.Manifest.Layers.Append(platform.Manifest.Config))
            {
                await using var content = await store.OpenBlobAsync(source, blob);
                await store.WriteBlobAsync(target, blob, content);
            }

            var one = image.Index is null ? target : target.AtDigest(platform.ManifestDescriptor.Digest);
            await store.WriteManifestAsync(one, platform.Manifest.MediaType, platform.Manifest.Content);
        }

        if (image.Index is { } index)
        {
            await store.WriteManifestAsync(target, index.MediaType, index.Content);
        }
    }
}
