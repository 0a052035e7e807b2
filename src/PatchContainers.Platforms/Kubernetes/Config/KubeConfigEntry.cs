using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>One entry of a kubeconfig file. Faults name the file, the entry and the field, never a value.</summary>
internal sealed class KubeConfigEntry(KubeConfigFile file, string name, YamlMapping? content)
{
    public string Path => file.Path;

    /// <summary>A text; empty where there is none.</summary>
    public string Text(string key) => content?[key] switch
    {
        null or YamlScalar { IsNull: true } => string.Empty,
        YamlScalar scalar => scalar.Value,
        _ => throw Fault($"'{key}' is no text"),
    };

    /// <summary>A switch; false where there is none.</summary>
    public bool Flag(string key) => Text(key) switch
    {
        "" or "false" or "False" or "FALSE" => false,
        "true" or "True" or "TRUE" => true,
        _ => throw Fault($"'{key}' is neither true nor false"),
    };

    /// <summary>A path, relative to the file; empty where there is none.</summary>
    public string FilePath(string key) => Text(key) is { Length: > 0 } path ? Absolute(path) : string.Empty;

    /// <summary>A program: a name on PATH as it is, a path relative to the file.</summary>
    public string Program(string key) => Text(key) is { Length: > 0 } command
        ? command.AsSpan().IndexOfAny('/', System.IO.Path.DirectorySeparatorChar) < 0 ? command : Absolute(command)
        : throw Fault($"'{key}' is missing");

    /// <summary>An address; null where there is none.</summary>
    public Uri? Address(string key, params string[] schemes) => Text(key) is not { Length: > 0 } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) && schemes.Contains(address.Scheme) && address.Host.Length > 0 ? address
        : throw Fault($"'{key}' is no address that begins with {string.Join(" or ", schemes.Select(s => s + "://"))}");

    /// <summary>What <c>KEY-data</c> holds in base64, else the file that <c>KEY</c> names; null where neither is there.</summary>
    public KubeData? Data(string key)
    {
        if (Text(key + "-data") is not { Length: > 0 } text)
        {
            return FilePath(key) is { Length: > 0 } path ? new KubeData(path) : null;
        }

        // Line breaks in it come of folded YAML; the decoder passes white space over.
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length)
            ? new KubeData(bytes[..length], $"{key}-data of {name} in {Path}")
            : throw Fault($"'{key}-data' is not base64");
    }

    /// <summary>A mapping inside; null where there is none.</summary>
    public KubeConfigEntry? Inner(string key) => content?[key] switch
    {
        null or YamlScalar { IsNull: true } => null,
        YamlMapping mapping => new KubeConfigEntry(file, $"'{key}' of {name}", mapping),
        _ => throw Fault($"'{key}' is no mapping"),
    };

    /// <summary>A list of texts; empty where there is none.</summary>
    public IReadOnlyList<string> Texts(string key) => Items(key).Select(item => item is YamlScalar { IsNull: false } scalar ? scalar.Value
        : throw Fault($"'{key}' holds something else than texts")).ToArray();

    /// <summary>A list of mappings; empty where there is none.</summary>
    public IReadOnlyList<KubeConfigEntry> Entries(string key) => Items(key).Select(item => item is YamlMapping mapping
        ? new KubeConfigEntry(file, $"'{key}' of {name}", mapping) : throw Fault($"'{key}' holds something else than mappings")).ToArray();

    /// <summary>Whether there is anything under a key.</summary>
    public bool Has(string key) => content?[key] is not (null or YamlScalar { IsNull: true } or YamlScalar { Value: "" }
        or YamlSequence { Items.Count: 0 } or YamlMapping { Entries.Count: 0 });

    public PatchException Fault(string fault) => KubeConfigFile.Fault(Path, $"{name}: {fault}");

    private IEnumerable<YamlNode> Items(string key) => content?[key] switch
    {
        null or YamlScalar { IsNull: true } => [],
        YamlSequence sequence => sequence.Items.Select(item => item.Resolved),
        _ => throw Fault($"'{key}' is no list"),
    };

    private string Absolute(string path) => System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(Path)!);
}
