using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Scanning.Clair;

/// <summary>
/// What Clair's indexer is told of an image (its <c>manifest.schema.json</c>): where it finds the layers, and what it needs for that.
/// </summary>
internal static class ClairManifest
{
    /// <summary>The manifest of a platform in JSON.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="repository">The repository that it lies in.</param>
    /// <param name="registries">Knows where its blobs are.</param>
    /// <param name="authorization">The header that the registry wants for them; null for none.</param>
    public static byte[] Write(PlatformImage platform, ImageReference repository, RegistryStore registries, string? authorization)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("hash", platform.ManifestDescriptor.Digest.ToString());
            json.WriteStartArray("layers");
            foreach (var layer in platform.Manifest.Layers)
            {
                // A layer that is not to be pushed lies where its maker says. Nobody there is given the registry's token.
                var elsewhere = layer.Urls.FirstOrDefault(IsWebAddress);
                json.WriteStartObject();
                json.WriteString("hash", layer.Digest.ToString());
                json.WriteString("uri", elsewhere ?? registries.AddressOf(repository, layer.Digest).AbsoluteUri);
                json.WriteStartObject("headers");
                if (authorization is not null && elsewhere is null)
                {
                    json.WriteStartArray("Authorization");
                    json.WriteStringValue(authorization);
                    json.WriteEndArray();
                }

                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return text.ToArray();
    }

    private static bool IsWebAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";
}
