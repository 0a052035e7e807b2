using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.TestKit.Images;

/// <summary>An image for several platforms.</summary>
public sealed class TestIndex
{
    private readonly List<TestImage> _images;
    private readonly SortedDictionary<string, string> _annotations = new(StringComparer.Ordinal);
    private readonly bool _docker;

    /// <summary>Creates an index of these images.</summary>
    public TestIndex(params TestImage[] images)
    {
        _images = [.. images];
        _docker = images.Length > 0 && images[0].Manifest.MediaType == MediaTypes.DockerManifest;
    }

    /// <summary>The images, in order.</summary>
    public IReadOnlyList<TestImage> Images => _images;

    /// <summary>The index's descriptor.</summary>
    public TestBlob Index
    {
        get
        {
            var entries = new JsonArray();
            foreach (var image in _images)
            {
                var platform = new JsonObject { ["architecture"] = image.Platform.Architecture, ["os"] = image.Platform.Os };
                if (image.Platform.Variant is { } variant)
                {
                    platform["variant"] = variant;
                }

                var entry = TestJson.Descriptor(image.Manifest.Descriptor);
                entry["platform"] = platform;
                entries.Add((JsonNode)entry);
            }

            var mediaType = _docker ? MediaTypes.DockerManifestList : MediaTypes.OciIndex;
            var root = new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = mediaType, ["manifests"] = entries };
            if (_annotations.Count > 0)
            {
                root["annotations"] = TestJson.Map(_annotations);
            }

            var content = TestJson.Bytes(root);
            return new TestBlob(mediaType, content, Digest.OfBytes(content));
        }
    }

    /// <summary>The index's digest.</summary>
    public Digest Digest => Index.Descriptor.Digest;

    /// <summary>Adds an annotation.</summary>
    public TestIndex Annotation(string name, string value)
    {
        _annotations[name] = value;
        return this;
    }

    /// <summary>Annotates the base by name and, where given, digest.</summary>
    public TestIndex BasedOn(string name, Digest digest = default)
    {
        Annotation("org.opencontainers.image.base.name", name);
        return digest.IsEmpty ? this : Annotation("org.opencontainers.image.base.digest", digest.ToString());
    }

    /// <summary>Writes all images by digest, then the index under the reference.</summary>
    public async Task<Descriptor> WriteAsync(IImageStore store, ImageReference reference, CancellationToken cancellationToken = default)
    {
        foreach (var image in _images)
        {
            await image.WriteAsync(store, reference.AtDigest(image.Digest), cancellationToken);
        }

        return await store.WriteManifestAsync(reference, Index.MediaType, Index.Content, cancellationToken);
    }

    /// <summary>Writes the index under a reference such as <c>oci:DIR:TAG</c> or <c>host/app:1.0</c>.</summary>
    public Task<Descriptor> WriteAsync(IImageStore store, string reference, CancellationToken cancellationToken = default) =>
        WriteAsync(store, ImageReference.Parse(reference), cancellationToken);
}
