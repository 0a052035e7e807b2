namespace PatchContainers.Images;

/// <summary>What a piece of content is, how large it is, and its digest (OCI image specification 1.1, descriptor.md).</summary>
/// <param name="MediaType">The content's media type.</param>
/// <param name="Digest">The content's digest.</param>
/// <param name="Size">The content's length in bytes.</param>
public sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    /// <summary>The platform, in an index's entries.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Annotations, in the order of the document; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyAnnotations;

    /// <summary>The type of an artifact's content (image specification 1.1); null where there is none.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>Where else the content may be had (foreign layers); empty where there are none.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    internal static readonly IReadOnlyDictionary<string, string> EmptyAnnotations = new Dictionary<string, string>();

    /// <summary>Same media type, digest and size; annotations do not count.</summary>
    public bool Equals(Descriptor? other) =>
        other is not null && MediaType == other.MediaType && Digest == other.Digest && Size == other.Size;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MediaType, Digest, Size);
}
