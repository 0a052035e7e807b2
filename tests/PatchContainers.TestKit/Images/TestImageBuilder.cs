using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Layers;

namespace PatchContainers.TestKit.Images;

/// <summary>
/// Builds images as builders write them. The same calls give the same digest on any day:
/// <c>new TestImageBuilder().Layer("COPY app /", l => l.AddFile("app", "1")).Label("a", "b").Build()</c>.
/// </summary>
public sealed class TestImageBuilder
{
    private readonly List<TestBlob> _layers = [];
    private readonly List<(string CreatedBy, string Comment, bool Empty)> _history = [];
    private readonly List<string> _environment = [];
    private readonly SortedDictionary<string, string> _labels = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _annotations = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, JsonNode> _config = new(StringComparer.Ordinal);
    private Platform _platform;
    private DateTimeOffset? _created = new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private bool _docker;
    private bool _plain;
    private CompressionLevel _level = CompressionLevel.Optimal;

    /// <summary>Begins an image from nothing.</summary>
    /// <param name="platform"><c>os/architecture[/variant]</c>.</param>
    public TestImageBuilder(string platform = "linux/amd64") => _platform = Platform.Parse(platform);

    /// <summary>Continues a base image, as FROM does: its layers, configuration and history; annotations are not inherited.</summary>
    public TestImageBuilder(TestImage from)
    {
        var recipe = from.Recipe;
        _layers.AddRange(from.Layers);
        _history.AddRange(recipe._history);
        _environment.AddRange(recipe._environment);
        foreach (var (name, value) in recipe._labels)
        {
            _labels[name] = value;
        }

        foreach (var (name, value) in recipe._config)
        {
            _config[name] = value.DeepClone();
        }

        (_platform, _created, _docker, _plain, _level) = (recipe._platform, recipe._created, recipe._docker, recipe._plain, recipe._level);
    }

    /// <summary>Docker media types instead of OCI's.</summary>
    public TestImageBuilder Docker()
    {
        _docker = true;
        return this;
    }

    /// <summary>Layers from here on are not compressed.</summary>
    public TestImageBuilder Plain()
    {
        _plain = true;
        return this;
    }

    /// <summary>How layers from here on are compressed.</summary>
    public TestImageBuilder Compression(CompressionLevel level)
    {
        _level = level;
        return this;
    }

    /// <summary>Adds a layer, with the history line that made it.</summary>
    public TestImageBuilder Layer(string createdBy, Action<LayerWriter> fill)
    {
        using var tar = new MemoryStream();
        using (var writer = new LayerWriter(tar, LayerCompression.None))
        {
            fill(writer);
            writer.Complete();
        }

        var mediaType = (_docker, _plain) switch
        {
            (true, true) => MediaTypes.DockerLayer,
            (true, false) => MediaTypes.DockerLayerGzip,
            (false, true) => MediaTypes.OciLayer,
            _ => MediaTypes.OciLayerGzip,
        };
        _layers.Add(TestBlob.Layer(tar.ToArray(), mediaType, _level));
        _history.Add((createdBy, string.Empty, false));
        return this;
    }

    /// <summary>Adds a layer of text files, by path.</summary>
    public TestImageBuilder Layer(IReadOnlyDictionary<string, string> files) => Layer("COPY . /", l => l.AddFiles(files));

    /// <summary>Adds a finished layer, its bytes as they are.</summary>
    public TestImageBuilder Layer(string createdBy, TestBlob blob)
    {
        _layers.Add(blob);
        _history.Add((createdBy, string.Empty, false));
        return this;
    }

    /// <summary>Adds a history line without a layer.</summary>
    public TestImageBuilder History(string createdBy, string comment = "")
    {
        _history.Add((createdBy, comment, true));
        return this;
    }

    /// <summary>Forgets the history: some builders write none.</summary>
    public TestImageBuilder WithoutHistory()
    {
        _history.Clear();
        return this;
    }

    /// <summary>Sets an environment variable, in place of one of that name.</summary>
    public TestImageBuilder Env(string name, string value)
    {
        var at = _environment.FindIndex(e => e.StartsWith(name + "=", StringComparison.Ordinal));
        if (at >= 0)
        {
            _environment[at] = $"{name}={value}";
        }
        else
        {
            _environment.Add($"{name}={value}");
        }

        return this;
    }

    /// <summary>Sets a label.</summary>
    public TestImageBuilder Label(string name, string value)
    {
        _labels[name] = value;
        return this;
    }

    /// <summary>Sets a manifest annotation.</summary>
    public TestImageBuilder Annotation(string name, string value)
    {
        _annotations[name] = value;
        return this;
    }

    /// <summary>Annotates the base by name and, where given, digest.</summary>
    public TestImageBuilder BasedOn(string name, Digest digest = default)
    {
        Annotation("org.opencontainers.image.base.name", name);
        return digest.IsEmpty ? this : Annotation("org.opencontainers.image.base.digest", digest.ToString());
    }

    /// <summary>Sets CMD.</summary>
    public TestImageBuilder Cmd(params string[] command) => Config("Cmd", TestJson.List(command));

    /// <summary>Sets ENTRYPOINT.</summary>
    public TestImageBuilder Entrypoint(params string[] command) => Config("Entrypoint", TestJson.List(command));

    /// <summary>Sets WORKDIR.</summary>
    public TestImageBuilder WorkingDir(string path) => Config("WorkingDir", JsonValue.Create(path));

    /// <summary>Sets USER.</summary>
    public TestImageBuilder User(string user) => Config("User", JsonValue.Create(user));

    /// <summary>Sets any member of the configuration's <c>config</c>, by its JSON name.</summary>
    public TestImageBuilder Config(string name, JsonNode value)
    {
        _config[name] = value;
        return this;
    }

    /// <summary>Sets the time of creation; null writes none.</summary>
    public TestImageBuilder Created(DateTimeOffset? created)
    {
        _created = created;
        return this;
    }

    /// <summary>Sets another platform on the same layers.</summary>
    public TestImageBuilder For(string platform)
    {
        _platform = Platform.Parse(platform);
        return this;
    }

    /// <summary>Finishes the image. The builder may go on, to another image.</summary>
    public TestImage Build()
    {
        var config = BuildConfig();
        var configBlob = new TestBlob(_docker ? MediaTypes.DockerConfig : MediaTypes.OciConfig, config, Digest.OfBytes(config));
        var mediaType = _docker ? MediaTypes.DockerManifest : MediaTypes.OciManifest;
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = mediaType,
            ["config"] = TestJson.Descriptor(configBlob.Descriptor),
            ["layers"] = new JsonArray([.. _layers.Select(l => (JsonNode?)TestJson.Descriptor(l.Descriptor))]),
        };
        if (_annotations.Count > 0)
        {
            manifest["annotations"] = TestJson.Map(_annotations);
        }

        var content = TestJson.Bytes(manifest);
        return new TestImage(Copy(), _platform, configBlob, [.. _layers], new TestBlob(mediaType, content, Digest.OfBytes(content)));
    }

    private byte[] BuildConfig()
    {
        var created = _created?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var container = new JsonObject();
        if (_environment.Count > 0)
        {
            container["Env"] = TestJson.List(_environment);
        }

        foreach (var (name, value) in _config)
        {
            container[name] = value.DeepClone();
        }

        if (_labels.Count > 0)
        {
            container["Labels"] = TestJson.Map(_labels);
        }

        var root = new JsonObject { ["architecture"] = _platform.Architecture, ["os"] = _platform.Os };
        if (_platform.Variant is { } variant)
        {
            root["variant"] = variant;
        }

        if (created is not null)
        {
            root["created"] = created;
        }

        root["config"] = container;
        root["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = TestJson.List(_layers.Select(l => l.DiffId.ToString())) };
        if (_history.Count > 0)
        {
            root["history"] = new JsonArray([.. _history.Select(h => (JsonNode?)HistoryLine(h, created))]);
        }

        return TestJson.Bytes(root);
    }

    private static JsonObject HistoryLine((string CreatedBy, string Comment, bool Empty) line, string? created)
    {
        var entry = new JsonObject();
        if (created is not null)
        {
            entry["created"] = created;
        }

        entry["created_by"] = line.CreatedBy;
        if (line.Comment.Length > 0)
        {
            entry["comment"] = line.Comment;
        }

        if (line.Empty)
        {
            entry["empty_layer"] = true;
        }

        return entry;
    }

    private TestImageBuilder Copy()
    {
        var copy = new TestImageBuilder(_platform.ToString());
        copy._history.AddRange(_history);
        copy._environment.AddRange(_environment);
        foreach (var (name, value) in _labels)
        {
            copy._labels[name] = value;
        }

        foreach (var (name, value) in _config)
        {
            copy._config[name] = value.DeepClone();
        }

        (copy._created, copy._docker, copy._plain, copy._level) = (_created, _docker, _plain, _level);
        return copy;
    }
}
