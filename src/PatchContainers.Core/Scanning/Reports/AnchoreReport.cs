using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Scanning.Reports;

/// <summary>One report of Anchore's, while it is read.</summary>
internal sealed class AnchoreReport
{
    private DateTimeOffset? _time;
    private string _digest = string.Empty;
    private string _image = string.Empty;

    /// <summary>The findings, in the report's order.</summary>
    public List<Finding> Findings { get; set; } = [];

    /// <summary>Whether there was a list of vulnerabilities, be it empty.</summary>
    public bool HasRows { get; set; }

    /// <summary>Takes the image's digest, where the text is one.</summary>
    public void ReadDigest(string text) => _digest = Digest.TryParse(text, out _) ? text : _digest;

    /// <summary>Takes the description of a security evaluation, or of the policy engine's report.</summary>
    public void ReadMetadata(JsonElement metadata)
    {
        var repository = string.Join('/', new[] { metadata.Word("registry"), metadata.Word("repository") }.Where(p => p.Length > 0));
        _image = string.Join(':', new[] { repository, metadata.Word("tag") }.Where(p => p.Length > 0));
        ReadDigest(metadata.Word("imageDigest"));
        _time = metadata.Time("timestamp") ?? metadata.Time("generated_at");
    }

    /// <summary>What was read, as a result. Anchore knows an image by the digest of one platform's manifest.</summary>
    public ImageScanResult ToResult() => new()
    {
        Image = _image,
        Digest = _digest,
        Platform = string.Empty,
        ManifestDigest = _digest,
        Scanner = new ScannerInfo { Name = "Anchore" },
        Findings = Findings,
        ScannedAt = _time ?? default,
    };
}
