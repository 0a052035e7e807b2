using PatchContainers.Images;

namespace PatchContainers.History;

/// <summary>A filter, read once.</summary>
internal sealed class HistoryQuery
{
    private readonly HistoryFilter _filter;
    private readonly ImageReference? _image;
    private readonly string? _digest;
    private readonly string? _tag;

    /// <summary>Reads a filter.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the image is neither a name nor a digest.</exception>
    public HistoryQuery(HistoryFilter filter)
    {
        _filter = filter;
        if (string.IsNullOrEmpty(filter.Image))
        {
            return;
        }

        if (Digest.TryParse(filter.Image, out var digest))
        {
            _digest = digest.ToString();
            return;
        }

        _image = ImageReference.Parse(filter.Image);
        _digest = _image.Digest.IsEmpty ? null : _image.Digest.ToString();

        // A name that was given without a tag is read as :latest, and means any. With a digest, the digest decides.
        _tag = _digest is null && filter.Image.EndsWith(":" + _image.Tag, StringComparison.Ordinal) ? _image.Tag : null;
    }

    /// <summary>Whether the filter lets a record through.</summary>
    public bool Matches(PatchRecord record) =>
        (_filter.Since is not { } since || record.Time >= since)
        && (_filter.Until is not { } until || record.Time < until)
        && (string.IsNullOrEmpty(_filter.Rollout) || record.Rollout == _filter.Rollout)
        && (string.IsNullOrEmpty(_filter.Vulnerability)
            || record.Findings.Contains(_filter.Vulnerability, StringComparer.OrdinalIgnoreCase))
        && (_digest is null || record.OldDigest == _digest || record.NewDigest == _digest)
        && (_image is null || NamesImage(record.Image));

    private bool NamesImage(string name) => ImageReference.TryParse(name, out var other, out _)
        && other.RepositoryKey == _image!.RepositoryKey && (_tag is null || other.Tag == _tag);
}
