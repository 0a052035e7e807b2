using System.Text.Json;

namespace PatchContainers.Images;

/// <summary>The manifests of one image for several platforms (OCI image specification 1.1, image-index.md; Docker manifest list).</summary>
public sealed record ImageIndex
{
    /// <summary>The index's media type, OCI's or Docker's.</summary>
    public required string MediaType { get; init; }

    /// <summary>The entries, in the order of the document: images, and what is attached to them.</summary>
    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    /// <summary>The index's annotations; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = Descriptor.EmptyAnnotations;

    /// <summary>The bytes that the digest is of, exactly as stored.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>
    /// The entries that are images. BuildKit lists attestations beside them, marked by the platform <c>unknown/unknown</c> and the
    /// annotation <c>vnd.docker.reference.type</c>.
    /// </summary>
    public IEnumerable<Descriptor> Images => Manifests.Where(m => MediaTypes.IsManifest(m.MediaType)
        && m.Platform is not { Os: "unknown" } && !m.Annotations.ContainsKey("vnd.docker.reference.type") && m.ArtifactType is null);

    /// <summary>Reads an index.</summary>
    /// <param name="content">The document.</param>
    /// <param name="mediaType">The media type it came with; empty to believe the document.</param>
    /// <param name="source">Where it came from, for errors.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/> or <see cref="PatchErrorCode.LimitExceeded"/>, naming
    /// source and fault.</exception>
    public static ImageIndex Parse(ReadOnlyMemory<byte> content, string mediaType, string source)
    {
        const string What = "index";
        using var document = ImageDocument.Parse(content, source, What);
        var root = document.RootElement;
        if (!root.TryGetProperty("manifests", out var manifests) || manifests.ValueKind != JsonValueKind.Array)
        {
            throw ImageDocument.Fault(source, What, "it has no list of 'manifests'");
        }

        return new ImageIndex
        {
            MediaType = ImageDocument.OptionalString(root, "mediaType") ?? (mediaType.Length > 0 ? mediaType : MediaTypes.OciIndex),
            Manifests = manifests.EnumerateArray().Select((m, i) => ImageDocument.Descriptor(m, source, What, $"manifests[{i}]")).ToArray(),
            Annotations = ImageDocument.Annotations(root, "annotations", source, What),
            Content = content,
        };
    }
}
