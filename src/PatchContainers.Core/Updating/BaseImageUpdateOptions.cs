using PatchContainers.Staleness;

namespace PatchContainers.Updating;

/// <summary>How images are updated.</summary>
public sealed record BaseImageUpdateOptions
{
    /// <summary>The strategy.</summary>
    public UpdateStrategy Strategy { get; init; }

    /// <summary>
    /// The new image's tag; null or empty for the default, <c>TAG-patched-</c> and the first 8 hexadecimal digits of the new base's digest.
    /// </summary>
    public string? Tag { get; init; }

    /// <summary>Whether a tag that names something else already is moved to the new image.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Base images that images without annotation or label may be built on.</summary>
    public IReadOnlyList<KnownBase> BaseImages { get; init; } = [];
}
