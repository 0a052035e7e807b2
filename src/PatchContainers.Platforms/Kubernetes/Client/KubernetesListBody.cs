using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>
/// A list as the server sends it. Each item is a document of its own: one for the whole page would be megabytes that live as long as any of
/// its items, and wait for the collector's rarest run.
/// </summary>
internal sealed record KubernetesListBody(JsonElement Metadata, IReadOnlyList<JsonElement> Items)
{
    public static KubernetesListBody Empty { get; } = new(default, []);

    /// <summary>Reads a list.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ProtocolError"/>: it is none.</exception>
    public static KubernetesListBody Parse(string context, KubernetesCall call, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = KubernetesClient.MaxDepth });
            JsonElement metadata = default;
            List<JsonElement>? items = null;
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isItems = reader.ValueTextEquals("items"u8);
                    var isMetadata = reader.ValueTextEquals("metadata"u8);
                    reader.Read();
                    if (isMetadata)
                    {
                        metadata = JsonElement.ParseValue(ref reader);
                    }
                    else if (isItems && reader.TokenType is (JsonTokenType.StartArray or JsonTokenType.Null))
                    {
                        items = ReadItems(ref reader);
                    }
                    else
                    {
                        reader.Skip();
                    }
                }

                // What follows the list, and a list that breaks off, is the reader's to refuse.
                while (reader.Read())
                {
                }
            }

            return items is not null ? new KubernetesListBody(metadata, items)
                : throw KubernetesErrors.Protocol(context, call, "the server's answer is no list");
        }
        catch (JsonException e)
        {
            throw KubernetesErrors.Protocol(context, call, "the server's answer is no JSON: this address may be no API server's", e);
        }
    }

    private static List<JsonElement> ReadItems(ref Utf8JsonReader reader)
    {
        var items = new List<JsonElement>();
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                items.Add(JsonElement.ParseValue(ref reader));
            }
        }

        return items;
    }
}
