using System.CommandLine;
using PatchContainers.Inventory;

namespace PatchContainers.Cli.Commands;

/// <summary>The options of verbs that look at the workloads of clusters.</summary>
internal sealed class KubernetesArguments
{
    private readonly Option<bool> _kubernetes = Options.Switch("--kubernetes", "The workloads of clusters, as the kubeconfig names them.");
    private readonly Option<string[]> _contexts = Options.List("--context", "NAME", "A context of the kubeconfig; without, the current one.",
        text => text);

    private readonly Option<string[]> _namespaces = Options.List("--namespace", "NAME", "A namespace; without, all.", text => text);
    private readonly Option<string?> _selector = Options.Single("--selector", "LABELS", "A label selector, as kubectl takes it.", text => text);
    private readonly Option<string[]> _kinds = Options.List("--kind", "KIND", "Deployment, StatefulSet, CronJob, ...; without, all.",
        text => text);

    public void AddTo(Command command)
    {
        AddScopeTo(command);
        command.Options.Add(_selector);
        command.Options.Add(_kinds);
    }

    /// <summary>The options that say which clusters and namespaces, and no more.</summary>
    public void AddScopeTo(Command command)
    {
        command.Options.Add(_kubernetes);
        command.Options.Add(_contexts);
        command.Options.Add(_namespaces);
    }

    /// <summary>The clusters' workloads; nothing where they are not asked for.</summary>
    /// <exception cref="UsageException">An option says which workloads of clusters, and no option asks for them.</exception>
    public IEnumerable<IWorkloadSource> Open(CommandRun run) => Read(run) is { } options ? [run.Services.OpenKubernetes(options)] : [];

    /// <summary>Which clusters; null where they are not asked for.</summary>
    /// <exception cref="UsageException">An option says which clusters, and no option asks for them.</exception>
    public KubernetesInventoryOptions? Read(CommandRun run)
    {
        var options = new KubernetesInventoryOptions
        {
            Contexts = run.Parsed.GetValue(_contexts) ?? [],
            Namespaces = run.Parsed.GetValue(_namespaces) ?? [],
            Selector = run.Parsed.GetValue(_selector) ?? string.Empty,
            Kinds = run.Parsed.GetValue(_kinds) ?? [],
        };
        return run.Parsed.GetValue(_kubernetes) ? options
            : options.Contexts.Count + options.Namespaces.Count + options.Kinds.Count + options.Selector.Length == 0 ? null
            : throw new UsageException("--context, --namespace, --selector and --kind are about clusters, and need --kubernetes.");
    }
}
