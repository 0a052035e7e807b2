using System.CommandLine;
using PatchContainers.Inventory;

namespace PatchContainers.Cli.Commands;

/// <summary>The options of verbs that look at workloads: of clusters, of engines, of swarms.</summary>
internal sealed class WorkloadArguments
{
    private readonly KubernetesArguments _clusters = new();
    private readonly DockerArguments _engines = new();

    public void AddTo(Command command)
    {
        _clusters.AddTo(command);
        _engines.AddTo(command);
    }

    /// <summary>The workloads that are asked for; nothing where none are.</summary>
    /// <exception cref="UsageException">An option says which workloads, and no option asks for them.</exception>
    public IEnumerable<IWorkloadSource> Open(CommandRun run) =>
    [
        .. _clusters.Open(run, _engines.IsAsked(run)),
        .. _engines.Open(run, _clusters.Selector(run)),
    ];
}
