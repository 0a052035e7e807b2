using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Files;

/// <summary>What the readers of one file share: its name, the ids given so far, and where their results go.</summary>
internal sealed class ReadContext(string path, YamlLimits limits)
{
    public string Path { get; } = path;

    public YamlLimits Limits { get; } = limits;

    public WorkloadId Ids { get; } = new(path);

    public List<ImageBinding> Bindings { get; } = [];

    public List<PatchNotice> Notices { get; } = [];

    public void Warn(string message) => Notices.Add(new PatchNotice.Warning(message));

    public void Verbose(string message) => Notices.Add(new PatchNotice.Verbose(message));
}
