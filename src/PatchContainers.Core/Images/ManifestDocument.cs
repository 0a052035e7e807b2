using System.Text.Json;

namespace PatchContainers.Images;

/// <summary>What a manifest or index is, and what it refers to, told from its bytes.</summary>
internal static class ManifestDocument
{
    /// <summary>
    /// The media type of a manifest or index: as the document says (image specification 1.1 wants it to), else by the fields that it
    /// has. Null for anything else, schema 1 and configurations included.
    /// </summary>
    public static string? DetectMediaType(ReadOnlyMemory<byte> content) => DetectMediaType(content, out _);

    /// <summary>The same, and whether the document says so itself.</summary>
    public static string? DetectMediaType(ReadOnlyMemory<byte> content, out bool isStated)
    {
        isStated = false;
        var span = content.Span.TrimStart(" \t\r\n"u8);
        if (span.IsEmpty || span[0] != '{' || content.Length > ImageDocument.MaxBytes)
        {
            return null;
        }

        try
        {
            using var document = StrictJson.Parse(content);
            var root = document.RootElement;
            if (!root.TryGetProperty("schemaVersion", out var version) || version.ValueKind != JsonValueKind.Number
                || !version.TryGetInt32(out var number) || number != 2)
            {
                return null;
            }

            var isIndex = root.TryGetProperty("manifests", out var manifests) && manifests.ValueKind == JsonValueKind.Array;
            var isManifest = root.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("layers", out var layers) && layers.ValueKind == JsonValueKind.Array;
            var stated = ImageDocument.OptionalString(root, "mediaType");
            isStated = !string.IsNullOrEmpty(stated);
            return (stated, isIndex, isManifest) switch
            {
                (MediaTypes.DockerManifestList, true, _) => MediaTypes.DockerManifestList,
                (MediaTypes.DockerManifest, _, true) => MediaTypes.DockerManifest,
                (_, true, false) => MediaTypes.OciIndex,
                (_, false, true) => MediaTypes.OciManifest,
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Refuses Docker's schema 1, which has neither a config nor sizes, and whose digest leaves out its signatures.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotSupported"/>.</exception>
    public static void RefuseSchema1(JsonElement root, string source)
    {
        if (root.TryGetProperty("schemaVersion", out var version) && version.ValueKind == JsonValueKind.Number
            && version.TryGetInt32(out var number) && number == 1)
        {
            throw Schema1(source);
        }
    }

    /// <summary>The error for schema 1.</summary>
    public static PatchException Schema1(string source) => new(PatchErrorCode.NotSupported, source,
        $"{source} is a manifest of Docker's schema 1, which Docker itself gave up. Push the image again with any tool of today (docker, "
            + "podman, skopeo copy --format v2s2).");

    /// <summary>What a manifest or index refers to: the entries of an index, the config and layers of a manifest.</summary>
    public static IReadOnlyList<Descriptor> Children(ReadOnlyMemory<byte> content, string mediaType, string source)
    {
        if (MediaTypes.IsIndex(mediaType))
        {
            return ImageIndex.Parse(content, mediaType, source).Manifests;
        }

        var manifest = ImageManifest.Parse(content, mediaType, source);
        return [manifest.Config, .. manifest.Layers];
    }
}
