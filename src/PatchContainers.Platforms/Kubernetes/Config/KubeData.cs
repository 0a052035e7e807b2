using PatchContainers.Platforms.Files;

namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>What a kubeconfig holds itself, or names a file for. It may be a secret, so it has no text of its own.</summary>
internal sealed class KubeData
{
    private const int MaxBytes = 1024 * 1024;

    private readonly byte[]? _content;
    private readonly string _path;

    /// <summary>The content itself, and where it stands, for messages.</summary>
    public KubeData(byte[] content, string source)
    {
        _content = content;
        _path = string.Empty;
        Source = source;
    }

    /// <summary>A file.</summary>
    public KubeData(string path)
    {
        _path = path;
        Source = path;
    }

    /// <summary>Where it stands: a file, or a field of one.</summary>
    public string Source { get; }

    /// <summary>The content; a file is read each time, since others may renew it.</summary>
    /// <exception cref="PatchException">The file is not there, or cannot be read.</exception>
    public byte[] Read() => _content ?? FileBytes.Read(_path, MaxBytes);
}
