using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>One kubeconfig file: its entries by name. What an entry says is read when it is used: others' faults do no harm.</summary>
internal sealed class KubeConfigFile
{
    private static readonly YamlLimits Limits = YamlLimits.Default with { MaxNodes = 200_000 };

    private KubeConfigFile(string path, YamlMapping? root)
    {
        Path = path;
        CurrentContext = root is null ? string.Empty : new KubeConfigEntry(this, "the file", root).Text("current-context");
        Clusters = Entries(root, "clusters", "cluster");
        Users = Entries(root, "users", "user");
        Contexts = Entries(root, "contexts", "context");
    }

    public string Path { get; }

    /// <summary>The context that is meant where none is named; empty where the file does not say.</summary>
    public string CurrentContext { get; }

    public IReadOnlyDictionary<string, KubeConfigEntry> Clusters { get; }

    public IReadOnlyDictionary<string, KubeConfigEntry> Users { get; }

    public IReadOnlyDictionary<string, KubeConfigEntry> Contexts { get; }

    /// <summary>Reads a file. An empty one is a kubeconfig without entries, as it is to kubectl.</summary>
    /// <exception cref="PatchException">It is not there, cannot be read, or is no kubeconfig. No message quotes the file.</exception>
    public static KubeConfigFile Read(string path)
    {
        var source = SourceText.Decode(path, FileBytes.Read(path, Limits.MaxBytes));
        var documents = YamlReader.ReadSecret(source, Limits);
        if (documents.Count > 1)
        {
            throw Fault(path, $"it holds {documents.Count} documents, and should hold one");
        }

        var root = documents.Count == 0 ? null : documents[0].Root;
        if (root is YamlScalar { IsNull: true } or null)
        {
            return new KubeConfigFile(path, null);
        }

        if (root is not YamlMapping mapping)
        {
            throw Fault(path, "it is no mapping");
        }

        // kubectl takes a file without both, and so do we; a manifest or a kubelet's settings file is a mistake.
        var (kind, version) = (mapping.Text("kind") ?? "Config", mapping.Text("apiVersion") ?? "v1");
        return kind == "Config" && version is "v1" or "" ? new KubeConfigFile(path, mapping)
            : throw Fault(path, "its kind is not Config of apiVersion v1");
    }

    public static PatchException Fault(string path, string fault) =>
        new(PatchErrorCode.InvalidData, path, $"'{path}' is no valid kubeconfig: {fault}.");

    private Dictionary<string, KubeConfigEntry> Entries(YamlMapping? root, string list, string member)
    {
        var entries = new Dictionary<string, KubeConfigEntry>(StringComparer.Ordinal);
        switch (root?[list])
        {
            case null or YamlScalar { IsNull: true }:
                return entries;
            case YamlSequence sequence:
                foreach (var item in sequence.Items)
                {
                    if (item.Resolved is not YamlMapping entry || entry.Text("name") is not { } name)
                    {
                        throw Fault(Path, $"an entry of '{list}' (line {item.Line}) has no name");
                    }

                    var content = entry[member];
                    if (content is not (null or YamlMapping or YamlScalar { IsNull: true }))
                    {
                        throw Fault(Path, $"'{member}' of '{name}' (line {item.Line}) is no mapping");
                    }

                    // Twice in one file: kubectl takes the first.
                    entries.TryAdd(name, new KubeConfigEntry(this, $"the {member} '{name}'", content as YamlMapping));
                }

                return entries;
            case { } other:
                throw Fault(Path, $"'{list}' (line {other.Line}) is no list");
        }
    }
}
