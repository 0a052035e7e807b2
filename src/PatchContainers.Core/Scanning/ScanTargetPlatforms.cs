using PatchContainers.Stores;

namespace PatchContainers.Scanning;

/// <summary>Which platforms of an image are scanned.</summary>
internal static class ScanTargetPlatforms
{
    /// <summary>Those that are asked for; all of them where none is.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: the image has none of them.</exception>
    public static IReadOnlyList<PlatformImage> Of(ScanTarget target, ResolvedImage image)
    {
        var platforms = image.Platforms.Where(p => target.Platforms.Count == 0 || target.Platforms.Any(p.Platform.IsSame)).ToArray();
        return platforms.Length > 0 ? platforms : throw new PatchException(PatchErrorCode.NotFound, target.Name, $"{target.Name} has none of the "
            + $"platforms {string.Join(", ", target.Platforms)}; it has {string.Join(", ", image.Platforms.Select(p => p.Platform))}.");
    }
}
