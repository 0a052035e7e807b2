using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>What Grype scanned, as its report describes it.</summary>
internal sealed class GrypeSource
{
    private readonly Dictionary<string, string> _layers = new(StringComparer.Ordinal);
    private string _firstLayer = string.Empty;

    /// <summary>What it was asked to scan: an image's name, a folder.</summary>
    public string Image { get; private init; } = string.Empty;

    /// <summary>What the image's name stood for; empty where it is not told.</summary>
    public string Digest { get; private init; } = string.Empty;

    /// <summary>The manifest that was scanned; empty where it is not told.</summary>
    public string ManifestDigest { get; private init; } = string.Empty;

    /// <summary>The platform; empty where it is not told.</summary>
    public string Platform { get; private init; } = string.Empty;

    /// <summary>Reads <c>source</c>.</summary>
    public static GrypeSource Read(JsonElement source)
    {
        if (source.At("target") is not { ValueKind: JsonValueKind.Object } target)
        {
            return new GrypeSource { Image = source.Word("target") };
        }

        using var manifest = Decode(target.Word("manifest"));
        using var config = Decode(target.Word("config"));
        var (root, layers) = (config?.RootElement ?? default, manifest?.RootElement.Items("layers").ToArray() ?? []);
        var image = ReportText.First(target.Word("userInput"), target.Items("tags").FirstOrDefault().Word());
        var os = ReportText.First(target.Word("os"), root.Word("os"));
        var architecture = ReportText.First(target.Word("architecture"), root.Word("architecture"));
        var diffIds = target.Items("layers").Select(l => l.Word("digest")).ToArray();

        // What is read from an engine or an archive has layers that are not compressed, under a manifest that was made for the scan: no
        // registry knows its digest.
        var isMade = layers.Length > 0 && layers.Select(l => l.Word("digest")).SequenceEqual(diffIds)
            && layers.Any(l => l.Word("mediaType").EndsWith("gzip", StringComparison.Ordinal));
        var read = new GrypeSource
        {
            Image = image,
            Digest = ReportText.DigestOf(image, target.Items("repoDigests").Select(d => d.Word())),
            ManifestDigest = !isMade && Images.Digest.TryParse(target.Word("manifestDigest"), out var digest) ? digest.ToString() : "",
            Platform = os.Length > 0 && architecture.Length > 0
                ? string.Join('/', new[] { os, architecture, root.Word("variant") }.Where(p => p.Length > 0)) : string.Empty,
            _firstLayer = diffIds.FirstOrDefault() ?? string.Empty,
        };
        for (var i = 0; i < diffIds.Length && layers.Length == diffIds.Length; i++)
        {
            read._layers[diffIds[i]] = layers[i].Word("digest");
        }

        return read;
    }

    /// <summary>
    /// The layer that brought a match's package, as the manifest lists it. A package that was found by its database alone is in the first
    /// layer, where that wrote the database; in which of several, is not known.
    /// </summary>
    public string LayerOf(GrypeMatch match)
    {
        var layer = match.DatabaseLayer.Length > 0 && match.DatabaseLayer == _firstLayer ? _firstLayer : match.Finding.Layer;
        return _layers.GetValueOrDefault(layer, layer);
    }

    // Both are kept as they are, in base64. A report that someone has redacted has other texts in their place.
    private static JsonDocument? Decode(string text)
    {
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length) || length == 0)
        {
            return null;
        }

        var reader = new Utf8JsonReader(bytes.AsSpan(0, length));
        try
        {
            return JsonDocument.TryParseValue(ref reader, out var document) ? document : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
