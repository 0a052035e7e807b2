using System.Text.RegularExpressions;
using PatchContainers.Images;

namespace PatchContainers.Updating;

/// <summary>The default tag of a patched image: <c>TAG-patched-</c> and the first 8 hexadecimal digits of the new base's digest.</summary>
internal static partial class PatchedTag
{
    // OCI distribution specification 1.1, "Pulling manifests": at most 128 characters.
    private const int MaxLength = 128;

    /// <summary>The tag; the mark of an earlier patch is replaced.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it would be too long for a tag.</exception>
    public static string For(ImageReference image, Digest newBase)
    {
        var mark = $"patched-{newBase.ShortHex}";
        var tag = image.Tag is null ? mark : $"{Mark().Replace(image.Tag, string.Empty)}-{mark}";
        return tag.Length <= MaxLength
            ? tag
            : throw new PatchException(PatchErrorCode.InvalidArgument, image.ToString(),
                $"The new tag of {image} would be '{tag}', longer than the {MaxLength} characters a tag may have. Name another tag.");
    }

    [GeneratedRegex("-patched-[0-9a-f]{8}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
