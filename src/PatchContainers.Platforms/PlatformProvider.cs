using PatchContainers.Inventory;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms;

/// <summary>The platforms that containers run on. Made without arguments, by name where the assembly is loaded on its own.</summary>
public sealed class PlatformProvider : IPlatformProvider
{
    /// <inheritdoc/>
    public IReadOnlyList<IOrchestrator> Orchestrators { get; } = [new FileOrchestrator(YamlLimits.Default)];

    /// <inheritdoc/>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: there is no such file or folder.</exception>
    public IWorkloadSource OpenFiles(string path) => new FileWorkloadSource(path, YamlLimits.Default);
}
