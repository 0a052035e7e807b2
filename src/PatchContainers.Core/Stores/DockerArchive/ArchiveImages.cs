using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Images;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>
/// The images of an archive, as its <c>manifest.json</c> lists them (Docker image specification 1.2, "Combined Image JSON + Filesystem
/// Changeset Format"), and their blobs by digest.
/// </summary>
/// <remarks>
/// Where the archive also is an OCI layout and holds a manifest with the image's config, that manifest is the image's (or the index that
/// leads to it, if all of its images are there). Otherwise a manifest is made: Docker's media types, compact JSON with the members in the
/// order of Docker's own, layers described as they are stored. It is the same for the same config and layers, whichever tool saved them.
/// </remarks>
internal sealed class ArchiveImages
{
    private const string ManifestFile = "manifest.json";

    private readonly ArchiveFile _file;
    private readonly string _path;
    private readonly Dictionary<Digest, ArchiveEntry> _blobs = [];
    private readonly Dictionary<Digest, StoredManifest> _manifests = [];
    private readonly Dictionary<string, (Digest Digest, ImageConfig Config)> _configs = new(StringComparer.Ordinal);
    private readonly List<(StoredManifest Stored, ImageManifest Parsed)> _stored = [];
    private readonly List<(StoredManifest Stored, ImageIndex Parsed)> _indexes = [];
    private readonly List<ArchiveImage> _images = [];

    private ArchiveImages(ArchiveFile file, string path)
    {
        _file = file;
        _path = path;
    }

    /// <summary>The images, in the order of <c>manifest.json</c>.</summary>
    public IReadOnlyList<ArchiveImage> Images => _images;

    /// <summary>A manifest or index by its digest; null where the archive has none.</summary>
    public StoredManifest? Manifest(Digest digest) => _manifests.GetValueOrDefault(digest);

    /// <summary>A config or layer by its digest; null where the archive has none.</summary>
    public ArchiveEntry? Blob(Digest digest) => _blobs.GetValueOrDefault(digest);

    public Task<Stream> ReadAsync(ArchiveEntry entry, CancellationToken cancellationToken) => _file.ReadAsync(entry, cancellationToken);

    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>, <see cref="PatchErrorCode.NotSupported"/>,
    /// <see cref="PatchErrorCode.DigestMismatch"/>: naming archive, entry and fault.</exception>
    public static async Task<ArchiveImages> ReadAsync(ArchiveSource source, CancellationToken cancellationToken)
    {
        var images = new ArchiveImages(await ArchiveFile.OpenAsync(source, cancellationToken).ConfigureAwait(false), source.Name);
        images.ReadLayout();
        foreach (var image in images.ParseList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            images.Add(image);
        }

        return images._images.Count > 0 ? images : throw images.Fault("manifest.json lists no image");
    }

    // The blobs of an OCI layout inside: newer versions of Docker write one.
    private void ReadLayout()
    {
        foreach (var entry in _file.Files)
        {
            var parts = entry.Name.Split('/');
            if (parts.Length != 3 || parts[0] != "blobs" || !Digest.TryParse($"{parts[1]}:{parts[2]}", out var digest))
            {
                continue;
            }

            _blobs[digest] = entry;
            if (entry.Document is { } document && ManifestDocument.DetectMediaType(document) is { } mediaType)
            {
                var stored = _manifests[digest] = digest.Matches(document.Span)
                    ? new StoredManifest(new Descriptor(mediaType, digest, document.Length), document)
                    : throw Mismatch(entry.Name);
                if (MediaTypes.IsIndex(mediaType))
                {
                    _indexes.Add((stored, ImageIndex.Parse(document, mediaType, _path)));
                }
                else if (MediaTypes.IsManifest(mediaType))
                {
                    _stored.Add((stored, ImageManifest.Parse(document, mediaType, _path)));
                }
            }
        }
    }

    private List<Listed> ParseList()
    {
        if (_file.Find(ManifestFile) is not { } entry)
        {
            throw new PatchException(PatchErrorCode.InvalidData, _path, _file.Find("index.json") is not null
                ? $"The archive {_path} has an OCI layout but no {ManifestFile}. Unpack it into a folder and name that as oci:DIR."
                : $"The archive {_path} has no {ManifestFile}: it was not written by 'docker save', or by a Docker older than 1.10. Save "
                    + "the image again.");
        }

        try
        {
            using var document = StrictJson.Parse(entry.Document ?? throw TooLarge(entry));
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                throw Fault($"{ManifestFile} is no list of images");
            }

            return document.RootElement.EnumerateArray().Select(Parse).ToList();
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, _path,
                $"The archive {_path} cannot be used: {ManifestFile} is not valid JSON: {e.Message}", e);
        }
    }

    private Listed Parse(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object || ImageDocument.OptionalString(element, "Config") is not { Length: > 0 } config)
        {
            throw Fault($"{ManifestFile} has an image without 'Config'");
        }

        return new Listed(config, Strings(element, "Layers"), Strings(element, "RepoTags").Select(Name).ToArray());
    }

    private string[] Strings(JsonElement element, string name) =>
        !element.TryGetProperty(name, out var list) || list.ValueKind == JsonValueKind.Null ? []
        : list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(s => s.ValueKind == JsonValueKind.String)
            ? list.EnumerateArray().Select(s => s.GetString()!).ToArray()
        : throw Fault($"'{name}' in {ManifestFile} is no list of strings");

    private ImageReference Name(string tag) =>
        ImageReference.TryParse(tag, out var name, out var fault) && name.Transport == ImageTransport.Registry
        ? name
        : throw Fault($"'{tag}' in {ManifestFile} is no image's name: {fault}");

    private void Add(Listed image)
    {
        var configEntry = _file.Find(image.Config) ?? throw Fault($"the config '{image.Config}', which {ManifestFile} names, is missing");
        var (digest, config) = ParseConfig(image, configEntry);

        // Whoever saved it put the digest into the name: HEX.json, sha256:HEX, blobs/sha256/HEX.
        var hex = Path.GetFileNameWithoutExtension(image.Config.Replace(':', '/'));
        if (Digest.TryParse($"sha256:{hex}", out var named) && named != digest)
        {
            throw Mismatch(image.Config);
        }

        _blobs[digest] = configEntry;
        if (config.DiffIds.Count != image.Layers.Count)
        {
            throw Fault(
                $"{ManifestFile} lists {image.Layers.Count} layers for '{image.Config}', which has {config.DiffIds.Count} diff_ids");
        }

        _images.Add(new ArchiveImage(image.Names, Original(digest) ?? Make(image, configEntry.Size, digest, config)));
    }

    // Many images may name one config.
    private (Digest Digest, ImageConfig Config) ParseConfig(Listed image, ArchiveEntry entry)
    {
        if (!_configs.TryGetValue(entry.Name, out var config))
        {
            var content = entry.Document ?? throw (entry.Size > ImageDocument.MaxBytes ? TooLarge(entry)
                : Fault($"the config '{image.Config}' is no JSON"));
            config = (Digest.OfBytes(content.Span), ImageConfig.Parse(content, $"{_path} ({image.Config})"));
            _configs.Add(entry.Name, config);
        }

        return config;
    }

    private StoredManifest? Original(Digest config)
    {
        var manifest = _stored.Find(m => m.Parsed.Config.Digest == config && IsWhole(m.Parsed)).Stored;
        return manifest is null
            ? null
            : _indexes.Find(index => index.Parsed.Images.Any(i => i.Digest == manifest.Descriptor.Digest)
                && index.Parsed.Images.All(i => _stored.Exists(m => m.Stored.Descriptor.Digest == i.Digest && IsWhole(m.Parsed)))).Stored
                ?? manifest;
    }

    // A platform that was not saved may have its manifest in the file, and nothing else.
    private bool IsWhole(ImageManifest manifest) =>
        _blobs.ContainsKey(manifest.Config.Digest) && manifest.Layers.All(l => _blobs.ContainsKey(l.Digest));

    private StoredManifest Make(Listed image, long configSize, Digest config, ImageConfig parsed)
    {
        var layers = new JsonArray();
        for (var i = 0; i < image.Layers.Count; i++)
        {
            var entry = _file.Find(image.Layers[i])
                ?? throw Fault($"the layer '{image.Layers[i]}', which {ManifestFile} names, is missing");
            var (mediaType, digest) = entry.Compression switch
            {
                "" => (MediaTypes.DockerLayer, parsed.DiffIds[i]),
                "gzip" => (MediaTypes.DockerLayerGzip, entry.Digest),
                var other => throw new PatchException(PatchErrorCode.NotSupported, _path, $"The layer '{image.Layers[i]}' of the archive "
                    + $"{_path} is compressed with {other}. Save the image again, with gzip or uncompressed layers."),
            };
            _blobs[digest] = entry;
            layers.Add((JsonNode)Describe(mediaType, digest, entry.Size));
        }

        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = MediaTypes.DockerManifest,
            ["config"] = Describe(MediaTypes.DockerConfig, config, configSize),
            ["layers"] = layers,
        };
        var content = JsonSerializer.SerializeToUtf8Bytes(manifest);
        var descriptor = new Descriptor(MediaTypes.DockerManifest, Digest.OfBytes(content), content.Length);
        return _manifests[descriptor.Digest] = new StoredManifest(descriptor, content);
    }

    private static JsonObject Describe(string mediaType, Digest digest, long size) =>
        new() { ["mediaType"] = mediaType, ["size"] = size, ["digest"] = digest.ToString() };

    private PatchException Fault(string fault) =>
        new(PatchErrorCode.InvalidData, _path, $"The archive {_path} cannot be used: {fault}. Save the image again.");

    private PatchException TooLarge(ArchiveEntry entry) => new(PatchErrorCode.LimitExceeded, _path,
        $"The archive {_path} cannot be used: '{entry.Name}' has {entry.Size:N0} bytes, more than the {ImageDocument.MaxBytes:N0} that "
            + "are read.");

    private PatchException Mismatch(string entry) => new(PatchErrorCode.DigestMismatch, _path,
        $"The archive {_path} is damaged or was tampered with: '{entry}' does not have the digest of its name. Save the image again.");

    private sealed record Listed(string Config, IReadOnlyList<string> Layers, IReadOnlyList<ImageReference> Names);
}
