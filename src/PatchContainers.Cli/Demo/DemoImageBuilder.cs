using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Stores;

namespace PatchContainers.Cli.Demo;

/// <summary>One platform of an image in the making. The same calls give the same digest on any day.</summary>
internal sealed class DemoImageBuilder
{
    private readonly List<WrittenLayer> _layers = [];
    private readonly List<(DateTimeOffset Created, string CreatedBy, bool Empty)> _history = [];
    private readonly Dictionary<string, string> _annotations = [];
    private readonly Platform _platform;
    private DateTimeOffset _created;
    private string[] _command = ["/bin/bash"];

    public DemoImageBuilder(Platform platform, DateTimeOffset created)
    {
        _platform = platform;
        _created = created;
    }

    /// <summary>Goes on where another image ends, as FROM does.</summary>
    public DemoImageBuilder(DemoImageBuilder from, DateTimeOffset created)
        : this(from._platform, created)
    {
        _layers.AddRange(from._layers);
        _history.AddRange(from._history);
        _command = from._command;
    }

    public DemoImageBuilder Layer(string createdBy, Action<LayerWriter> fill)
    {
        _layers.Add(LayerWriter.Create(fill));
        _history.Add((_created, createdBy, false));
        return this;
    }

    public DemoImageBuilder Command(params string[] command)
    {
        _command = command;
        _history.Add((_created, $"CMD [\"{string.Join("\", \"", command)}\"]", true));
        return this;
    }

    /// <summary>Writes down the base, as buildah does.</summary>
    public DemoImageBuilder BasedOn(ImageReference name, Digest digest)
    {
        _annotations["org.opencontainers.image.base.digest"] = digest.ToString();
        _annotations["org.opencontainers.image.base.name"] = name.ToString();
        return this;
    }

    /// <summary>Writes layers, configuration and manifest; returns the entry for the index.</summary>
    public async Task<Descriptor> WriteAsync(IImageStore store, ImageReference repository, CancellationToken cancellationToken)
    {
        foreach (var layer in _layers)
        {
            using var content = new MemoryStream(layer.Content.ToArray());
            await store.WriteBlobAsync(repository, layer.Descriptor, content, cancellationToken).ConfigureAwait(false);
        }

        var config = ToJson(WriteConfig);
        var configDescriptor = new Descriptor(MediaTypes.OciConfig, Digest.OfBytes(config), config.Length);
        using (var content = new MemoryStream(config))
        {
            await store.WriteBlobAsync(repository, configDescriptor, content, cancellationToken).ConfigureAwait(false);
        }

        var manifest = ToJson(writer => WriteManifest(writer, configDescriptor));
        var descriptor = new Descriptor(MediaTypes.OciManifest, Digest.OfBytes(manifest), manifest.Length) { Platform = _platform };
        var reference = repository.AtDigest(descriptor.Digest);
        await store.WriteManifestAsync(reference, MediaTypes.OciManifest, manifest, cancellationToken).ConfigureAwait(false);
        return descriptor;
    }

    /// <summary>Writes an index of several platforms under the reference's tag; returns its digest.</summary>
    public static async Task<Digest> WriteIndexAsync(IImageStore store, ImageReference reference, IReadOnlyList<Descriptor> manifests,
        CancellationToken cancellationToken)
    {
        var index = ToJson(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion", 2);
            writer.WriteString("mediaType", MediaTypes.OciIndex);
            writer.WriteStartArray("manifests");
            foreach (var manifest in manifests)
            {
                WriteDescriptor(writer, manifest);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
        return (await store.WriteManifestAsync(reference, MediaTypes.OciIndex, index, cancellationToken).ConfigureAwait(false)).Digest;
    }

    private void WriteConfig(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("created", Rfc3339(_created));
        writer.WriteString("architecture", _platform.Architecture);
        writer.WriteString("os", _platform.Os);
        writer.WriteStartObject("config");
        writer.WriteStartArray("Env");
        writer.WriteStringValue("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        writer.WriteEndArray();
        writer.WriteStartArray("Cmd");
        foreach (var word in _command)
        {
            writer.WriteStringValue(word);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartObject("rootfs");
        writer.WriteString("type", "layers");
        writer.WriteStartArray("diff_ids");
        foreach (var layer in _layers)
        {
            writer.WriteStringValue(layer.DiffId.ToString());
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartArray("history");
        foreach (var (created, createdBy, empty) in _history)
        {
            writer.WriteStartObject();
            writer.WriteString("created", Rfc3339(created));
            writer.WriteString("created_by", createdBy);
            if (empty)
            {
                writer.WriteBoolean("empty_layer", true);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void WriteManifest(Utf8JsonWriter writer, Descriptor config)
    {
        writer.WriteStartObject();
        writer.WriteNumber("schemaVersion", 2);
        writer.WriteString("mediaType", MediaTypes.OciManifest);
        writer.WritePropertyName("config");
        WriteDescriptor(writer, config);
        writer.WriteStartArray("layers");
        foreach (var layer in _layers)
        {
            WriteDescriptor(writer, layer.Descriptor);
        }

        writer.WriteEndArray();
        if (_annotations.Count > 0)
        {
            writer.WriteStartObject("annotations");
            foreach (var (name, value) in _annotations)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteDescriptor(Utf8JsonWriter writer, Descriptor descriptor)
    {
        writer.WriteStartObject();
        writer.WriteString("mediaType", descriptor.MediaType);
        writer.WriteString("digest", descriptor.Digest.ToString());
        writer.WriteNumber("size", descriptor.Size);
        if (descriptor.Platform is { } platform)
        {
            writer.WriteStartObject("platform");
            writer.WriteString("architecture", platform.Architecture);
            writer.WriteString("os", platform.Os);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static byte[] ToJson(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return buffer.ToArray();
    }

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
}
