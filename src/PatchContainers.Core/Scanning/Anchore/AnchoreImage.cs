using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Anchore;

/// <summary>An image as Anchore knows it. Version 1 of the API gives a list of one, with some names in camelCase.</summary>
internal sealed record AnchoreImage
{
    /// <summary>The digest of the platform's manifest.</summary>
    public required string Digest { get; init; }

    /// <summary><c>active</c>, or what it is instead: <c>deleting</c>, <c>archived</c>.</summary>
    public required string ImageStatus { get; init; }

    /// <summary><c>not_analyzed</c>, <c>analyzing</c>, <c>analyzed</c>, <c>analysis_failed</c>.</summary>
    public required string AnalysisStatus { get; init; }

    /// <summary>The names that it was submitted under: <c>docker.io/library/nginx:1.27</c>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The distribution that was found in it.</summary>
    public ScannedOs Os { get; init; } = new();

    /// <summary>Whether it was analysed, and is still there.</summary>
    public bool IsAnalyzed => IsActive && AnalysisStatus == "analyzed";

    /// <summary>Whether it could not be analysed.</summary>
    public bool IsFailed => AnalysisStatus == "analysis_failed";

    /// <summary>Whether Anchore works with it.</summary>
    public bool IsActive => ImageStatus is "active" or "";

    /// <summary>Reads one.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is none.</exception>
    public static AnchoreImage Read(JsonCursor cursor)
    {
        using var document = cursor.Read();
        var root = document.RootElement;
        var images = root.ValueKind == JsonValueKind.Array ? root.Items().ToArray() : [root];
        var image = images is [{ ValueKind: JsonValueKind.Object } one] ? one : throw cursor.Fault("it is not of one image");
        var (digest, status) = (ReportText.First(image.Word("image_digest"), image.Word("imageDigest")), image.Word("analysis_status"));
        if (digest.Length == 0 || status.Length == 0)
        {
            throw cursor.Fault("it does not name the image's digest and how far its analysis is");
        }

        return new AnchoreImage
        {
            Digest = digest,
            ImageStatus = image.Word("image_status"),
            AnalysisStatus = status,
            Tags = [.. image.Items("image_detail").Select(d => ReportText.First(d.Word("full_tag"), d.Word("fulltag")))
                .Where(t => t.Length > 0)],
            Os = new ScannedOs
            {
                Family = Known(image.Word("image_content", "metadata", "distro")),
                Version = Known(image.Word("image_content", "metadata", "distro_version")),
            },
        };
    }

    /// <summary>
    /// The name under which a policy is to judge it: that of the target, in Anchore's spelling of it. A target without a tag has the
    /// image's own, of the same repository where there is one; empty where it has none.
    /// </summary>
    public string TagFor(ImageReference target)
    {
        var own = Tags.Where(t => ImageReference.TryParse(t, out var tag, out _) && tag.RepositoryKey == target.RepositoryKey
            && (target.Tag is null || tag.Tag == target.Tag)).FirstOrDefault();
        return own ?? (target.Tag is { } name ? $"{target.RepositoryKey}:{name}" : Tags.Count > 0 ? Tags[0] : string.Empty);
    }

    private static string Known(string text) => text is "Unknown" or "unknown" or "N/A" or "None" ? string.Empty : text;
}
