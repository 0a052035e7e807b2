using System.Text.Json;

namespace PatchContainers.Images;

/// <summary>The manifest of one image: its config and its layers (OCI image specification 1.1, manifest.md; Docker schema 2).</summary>
public sealed record ImageManifest
{
    /// <summary>The manifest's media type, OCI's or Docker's.</summary>
    public required string MediaType { get; init; }

    /// <summary>The image's configuration.</summary>
    public required Descriptor Config { get; init; }

    /// <summary>The layers, bottom first.</summary>
    public required IReadOnlyList<Descriptor> Layers { get; init; }

    /// <summary>The manifest's annotations; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = Descriptor.EmptyAnnotations;

    /// <summary>The bytes that the digest is of, exactly as stored.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>
    /// Whether this is an image at all: attestations and other artifacts use the same document. The first versions of Docker that wrote
    /// schema 2 called the config a stream of octets.
    /// </summary>
    public bool IsImage => Config.MediaType is MediaTypes.OciConfig or MediaTypes.DockerConfig
        || (MediaType == MediaTypes.DockerManifest && Config.MediaType == "application/octet-stream");

    /// <summary>Reads a manifest.</summary>
    /// <param name="content">The document.</param>
    /// <param name="mediaType">The media type it came with; empty to believe the document.</param>
    /// <param name="source">Where it came from, for errors.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/> or <see cref="PatchErrorCode.LimitExceeded"/>, naming
    /// source and fault; <see cref="PatchErrorCode.NotSupported"/> for schema 1.</exception>
    public static ImageManifest Parse(ReadOnlyMemory<byte> content, string mediaType, string source)
    {
        const string What = "manifest";
        using var document = ImageDocument.Parse(content, source, What);
        var root = document.RootElement;
        ManifestDocument.RefuseSchema1(root, source);
        if (!root.TryGetProperty("config", out var config))
        {
            throw ImageDocument.Fault(source, What, "it has no 'config'");
        }

        if (!root.TryGetProperty("layers", out var layers) || layers.ValueKind != JsonValueKind.Array)
        {
            throw ImageDocument.Fault(source, What, "it has no list of 'layers'");
        }

        return new ImageManifest
        {
            MediaType = ImageDocument.OptionalString(root, "mediaType") ?? (mediaType.Length > 0 ? mediaType : MediaTypes.OciManifest),
            Config = ImageDocument.Descriptor(config, source, What, "config"),
            Layers = layers.EnumerateArray().Select((layer, i) => ImageDocument.Descriptor(layer, source, What, $"layers[{i}]")).ToArray(),
            Annotations = ImageDocument.Annotations(root, "annotations", source, What),
            Content = content,
        };
    }
}
