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
    private readonly Option<string?> _selector = Options.Single("--selector", "LABELS", "A label selector: app=web,tier!=test.",
        text => text);
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
    /// <param name="run">The run.</param>
    /// <param name="isSelectorShared">Whether the selector is for others, too.</param>
    /// <exception cref="UsageException">An option says which workloads of clusters, and no option asks for them.</exception>
    public IEnumerable<IWorkloadSource> Open(CommandRun run, bool isSelectorShared) =>
        Read(run, isSelectorShared) is { } options ? [run.Services.OpenKubernetes(options)] : [];

    /// <summary>The label selector, which engines take, too; empty for all.</summary>
    public string Selector(CommandRun run) => run.Parsed.GetValue(_selector) ?? string.Empty;

    /// <summary>Which clusters; null where they are not asked for.</summary>
    /// <param name="run">The run.</param>
    /// <param name="isSelectorShared">Whether the selector is for others, too.</param>
    /// <exception cref="UsageException">An option says which clusters, and no option asks for them.</exception>
    public KubernetesInventoryOptions? Read(CommandRun run, bool isSelectorShared = false)
    {
        var options = new KubernetesInventoryOptions
        {
            Contexts = run.Parsed.GetValue(_contexts) ?? [],
            Namespaces = run.Parsed.GetValue(_namespaces) ?? [],
            Selector = Selector(run),
            Kinds = run.Parsed.GetValue(_kinds) ?? [],
        };
        return run.Parsed.GetValue(_kubernetes) ? options
            : options.Contexts.Count + options.Namespaces.Count + options.Kinds.Count == 0
                && (isSelectorShared || options.Selector.Length == 0) ? null
            : throw new UsageException("--context, --namespace, --selector and --kind are about clusters, and need --kubernetes "
                + "(--selector: or --docker, or --swarm).");
    }
}
