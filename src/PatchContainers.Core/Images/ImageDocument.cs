using System.Text.Json;

namespace PatchContainers.Images;

/// <summary>Reading the JSON of manifests, indexes and configs with errors that name the document and the fault.</summary>
internal static class ImageDocument
{
    /// <summary>No manifest or config of an image comes near this; registries refuse manifests above 4 MiB.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    public static JsonDocument Parse(ReadOnlyMemory<byte> bytes, string source, string what)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, source,
                $"The {what} of {source} has {bytes.Length:N0} bytes; more than {MaxBytes:N0} is no {what} of an image.");
        }

        try
        {
            var document = StrictJson.Parse(bytes, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            throw Fault(source, what, "it is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, source, $"The {what} of {source} is not valid JSON: {e.Message}", e);
        }
    }

    public static PatchException Fault(string source, string what, string fault) =>
        new(PatchErrorCode.InvalidData, source, $"The {what} of {source} cannot be used: {fault}.");

    public static string? OptionalString(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static IReadOnlyDictionary<string, string> Annotations(JsonElement element, string name, string source, string what)
    {
        if (!element.TryGetProperty(name, out var map) || map.ValueKind == JsonValueKind.Null)
        {
            return Images.Descriptor.EmptyAnnotations;
        }

        if (map.ValueKind != JsonValueKind.Object)
        {
            throw Fault(source, what, $"'{name}' is not an object");
        }

        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            result[entry.Name] = entry.Value.ValueKind == JsonValueKind.String
                ? entry.Value.GetString()!
                : throw Fault(source, what, $"'{name}.{entry.Name}' is not a string");
        }

        return result;
    }

    public static Descriptor Descriptor(JsonElement element, string source, string what, string where)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Fault(source, what, $"'{where}' is not a descriptor");
        }

        if (!Digest.TryParse(OptionalString(element, "digest"), out var digest))
        {
            throw Fault(source, what, $"'{where}.digest' is missing or is no sha256 or sha512 digest");
        }

        if (!element.TryGetProperty("size", out var sizeElement) || sizeElement.ValueKind != JsonValueKind.Number
            || !sizeElement.TryGetInt64(out var size) || size < 0)
        {
            throw Fault(source, what, $"'{where}.size' is missing or is no length in bytes");
        }

        return new Descriptor(OptionalString(element, "mediaType") ?? string.Empty, digest, size)
        {
            Platform = Platform(element),
            Annotations = Annotations(element, "annotations", source, what),
            ArtifactType = OptionalString(element, "artifactType"),
            Urls = element.TryGetProperty("urls", out var urls) && urls.ValueKind == JsonValueKind.Array
                ? urls.EnumerateArray().Where(u => u.ValueKind == JsonValueKind.String).Select(u => u.GetString()!).ToArray()
                : [],
        };
    }

    private static Platform? Platform(JsonElement element)
    {
        if (!element.TryGetProperty("platform", out var platform) || platform.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return new Platform(
            OptionalString(platform, "os") ?? "unknown",
            OptionalString(platform, "architecture") ?? "unknown",
            OptionalString(platform, "variant") is { Length: > 0 } variant ? variant : null,
            OptionalString(platform, "os.version") is { Length: > 0 } version ? version : null);
    }
}
