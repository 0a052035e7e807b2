using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Images;

/// <summary>One line of an image's history (OCI image specification 1.1, config.md, "history").</summary>
/// <param name="CreatedBy">The command that made the layer; empty where it is not told.</param>
/// <param name="Comment">The builder's comment; empty where there is none.</param>
/// <param name="EmptyLayer">True where the line made no layer.</param>
public sealed record ImageHistoryEntry(string CreatedBy, string Comment, bool EmptyLayer);

/// <summary>An image's configuration (OCI image specification 1.1, config.md), as far as decisions need it; the rest stays in
/// <see cref="Content"/>.</summary>
public sealed record ImageConfig
{
    /// <summary>What the image runs on.</summary>
    public required Platform Platform { get; init; }

    /// <summary>
    /// When the image was made, UTC. Null where there is no date; the years 1 and 1970 mean none either, since reproducible
    /// builders write them.
    /// </summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The digests of the layers' uncompressed tars, bottom first.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    /// <summary>The history, oldest first; empty where there is none.</summary>
    public IReadOnlyList<ImageHistoryEntry> History { get; init; } = [];

    /// <summary>The labels; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = Descriptor.EmptyAnnotations;

    /// <summary>The bytes that the digest is of, exactly as stored.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The history line that made each layer, by layer number; null where the history does not tell.</summary>
    public IReadOnlyList<ImageHistoryEntry?> LayerHistory
    {
        get
        {
            var lines = History.Where(h => !h.EmptyLayer).ToArray();
            return DiffIds.Select((_, i) => lines.Length == DiffIds.Count ? lines[i] : null).ToArray();
        }
    }

    /// <summary>Reads a configuration.</summary>
    /// <param name="content">The document.</param>
    /// <param name="source">Where it came from, for errors.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/> or <see cref="PatchErrorCode.LimitExceeded"/>, naming
    /// source and fault.</exception>
    public static ImageConfig Parse(ReadOnlyMemory<byte> content, string source)
    {
        const string What = "config";
        using var document = ImageDocument.Parse(content, source, What);
        var root = document.RootElement;
        if (!root.TryGetProperty("rootfs", out var rootfs) || rootfs.ValueKind != JsonValueKind.Object
            || !rootfs.TryGetProperty("diff_ids", out var diffIds) || diffIds.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
        {
            throw ImageDocument.Fault(source, What, "it has no 'rootfs.diff_ids'");
        }

        return new ImageConfig
        {
            Platform = new Platform(
                ImageDocument.OptionalString(root, "os") is { Length: > 0 } os ? os : "linux",
                ImageDocument.OptionalString(root, "architecture") is { Length: > 0 } arch ? arch : "unknown",
                ImageDocument.OptionalString(root, "variant") is { Length: > 0 } variant ? variant : null,
                ImageDocument.OptionalString(root, "os.version") is { Length: > 0 } version ? version : null),
            Created = ReadCreated(ImageDocument.OptionalString(root, "created"), source),
            DiffIds = diffIds.ValueKind == JsonValueKind.Null ? [] : diffIds.EnumerateArray().Select((d, i) =>
                Digest.TryParse(d.ValueKind == JsonValueKind.String ? d.GetString() : null, out var digest)
                    ? digest
                    : throw ImageDocument.Fault(source, What, $"'rootfs.diff_ids[{i}]' is no digest")).ToArray(),
            History = ReadHistory(root, source),
            Labels = root.TryGetProperty("config", out var config) && config.ValueKind == JsonValueKind.Object
                ? ImageDocument.Annotations(config, "Labels", source, What)
                : Descriptor.EmptyAnnotations,
            Content = content,
        };
    }

    private static DateTimeOffset? ReadCreated(string? text, string source)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var created))
        {
            throw ImageDocument.Fault(source, "config", $"'created' is '{text}', which is no RFC 3339 time");
        }

        return created.Year is 1 or 1970 ? null : created;
    }

    private static ImageHistoryEntry[] ReadHistory(JsonElement root, string source)
    {
        if (!root.TryGetProperty("history", out var history) || history.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (history.ValueKind != JsonValueKind.Array)
        {
            throw ImageDocument.Fault(source, "config", "'history' is not a list");
        }

        return history.EnumerateArray().Select(h => h.ValueKind != JsonValueKind.Object
            ? throw ImageDocument.Fault(source, "config", "'history' has an entry that is not an object")
            : new ImageHistoryEntry(
                ImageDocument.OptionalString(h, "created_by") ?? string.Empty,
                ImageDocument.OptionalString(h, "comment") ?? string.Empty,
                h.TryGetProperty("empty_layer", out var empty) && empty.ValueKind == JsonValueKind.True)).ToArray();
    }
}
