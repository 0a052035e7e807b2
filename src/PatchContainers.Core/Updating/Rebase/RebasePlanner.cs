using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Stores;

namespace PatchContainers.Updating.Rebase;

/// <summary>Decides whether one platform can be rebased, and makes its new configuration and manifest. It only computes.</summary>
internal static class RebasePlanner
{
    /// <summary>What stands in the way before any layer is read; empty where nothing does.</summary>
    /// <param name="image">The image's platform.</param>
    /// <param name="oldBase">The base it was built on.</param>
    /// <param name="newBase">The base it moves to; null where it has no image for this platform.</param>
    /// <param name="baseName">The base's name.</param>
    public static IReadOnlyList<UpdateRejection> CheckStructure(PlatformImage image, PlatformImage oldBase, PlatformImage? newBase,
        string baseName)
    {
        var platform = image.Platform.ToString();
        if (newBase is null)
        {
            return [Reject(platform, $"The base {baseName} has no image for {platform} any more, and an image is rebased for all its "
                + $"platforms or for none. Name a base that has it, or build the image without {platform}.")];
        }

        if (!newBase.Config.Platform.IsSame(image.Config.Platform) && !newBase.Platform.IsSame(image.Platform))
        {
            return [Reject(platform, $"The new base {baseName} is made for {newBase.Platform}, the image for {platform}. Name a base "
                + $"for {platform}.")];
        }

        if (!IsPrefix(oldBase, image))
        {
            return [Reject(platform, "The image's layers do not begin with those of the base it names "
                + $"({baseName}, {oldBase.ManifestDescriptor.Digest}): it was squashed, or the base is not the one it was built on. "
                + Advice(baseName))];
        }

        foreach (var layer in newBase.Manifest.Layers)
        {
            if (RebaseDocuments.LayerType(image.Manifest.MediaType, layer.MediaType) is null)
            {
                return [Reject(platform, $"The new base's layer {layer.Digest} is of the type '{layer.MediaType}', which a manifest "
                    + $"of the type '{image.Manifest.MediaType}' cannot "
                        + $"hold. {Advice(baseName)}") with { Layer = layer.Digest.ToString() }];
            }
        }

        return [];
    }

    /// <summary>Plans one platform, whose structure is in order.</summary>
    /// <param name="input">The three images.</param>
    /// <param name="baseName">The base's name.</param>
    public static PlatformRebase Plan(RebaseInput input, string baseName)
    {
        var (image, platform) = (input.Image, input.Image.Platform.ToString());
        var baseLayers = input.OldBase.Config.DiffIds.Count;
        var rejections = new List<UpdateRejection>();
        var (oldBase, newBase) = (new SquashedView(input.OldLayers), new SquashedView(input.NewLayers));
        var packages = ImagePackageReader.Read(newBase);
        var (before, after) = (DistributionRelease.Of(ImagePackageReader.Read(oldBase).Os), DistributionRelease.Of(packages.Os));
        if (before != after)
        {
            rejections.Add(Reject(platform, $"The image was built on {Name(before)}, and {baseName} is {Name(after)} now: programs "
                + $"built for one release need not run on another. {Advice(baseName)}"));
        }

        var history = image.Config.LayerHistory;
        var conflicts = ConflictFinder.Find(oldBase, newBase, input.ApplicationLayers.Select((content, i) => new ApplicationLayer(
                image.Manifest.Layers[baseLayers + i].Digest, history[baseLayers + i]?.CreatedBy ?? string.Empty, content)).ToArray(),
            platform, Advice(baseName));
        rejections.AddRange(conflicts.Rejections);
        if (rejections.Count > 0)
        {
            return new PlatformRebase { Image = image, NewBase = packages, Rejections = rejections, Reports = conflicts.Reports };
        }

        var config = ConfigMerge.Merge(image.Config, input.OldBase.Config, input.NewBase.Config, input.Refresh, input.Source);
        var manifest = RebaseDocuments.Manifest(image.Manifest, input.NewBase.Manifest, baseLayers, config.Content, input.Refresh,
            input.Source);
        return new PlatformRebase
        {
            Image = image,
            NewBase = packages,
            Reports = [.. conflicts.Reports, .. config.Reports.Select(r => $"{platform}: {r}")],
            BaseLayers = input.NewBase.Manifest.Layers,
            ApplicationLayers = image.Manifest.Layers.Skip(baseLayers).ToArray(),
            Config = config.Content,
            ConfigDescriptor = new Descriptor(image.Manifest.Config.MediaType, Digest.OfBytes(config.Content), config.Content.Length),
            Manifest = manifest,
            ManifestDescriptor = new Descriptor(image.Manifest.MediaType, Digest.OfBytes(manifest), manifest.Length),
        };
    }

    /// <summary>What works where a rebase does not.</summary>
    public static string Advice(string baseName) => $"Rebuild the image from its Dockerfile on {baseName} instead.";

    /// <summary>A rejection that is about no path and no layer.</summary>
    public static UpdateRejection Reject(string platform, string reason) =>
        new() { Strategy = UpdateStrategy.Rebase, Platform = platform, Reason = reason };

    private static string Name(string release) => release.Length == 0 ? "no distribution that it names" : release;

    private static bool IsPrefix(PlatformImage oldBase, PlatformImage image) =>
        oldBase.Config.DiffIds.Count <= image.Config.DiffIds.Count
        && image.Config.DiffIds.Take(oldBase.Config.DiffIds.Count).SequenceEqual(oldBase.Config.DiffIds);
}
