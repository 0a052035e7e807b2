using System.Runtime.CompilerServices;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Compose;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Platforms.Docker.Swarm;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Platforms.Kubernetes.Journal;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Platforms.Plans;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Rollout.Plans;
using PatchContainers.Scanning.Operator;
using PatchContainers.Stores.DockerEngine;

namespace PatchContainers.Platforms;

/// <summary>The platforms that containers run on. Made without arguments, by name where the assembly is loaded on its own.</summary>
public sealed class PlatformProvider : IPlatformProvider
{
    /// <inheritdoc/>
    public IReadOnlyList<IOrchestrator> OpenOrchestrators(IProgress<PatchNotice>? notices)
    {
        var clusters = new KubernetesClients(KubeConfigSearch.OfProcess, notices);
        var engines = new DockerClients(DockerEndpointSearch.OfProcess, new DockerClientOptions { Notices = notices });
        var containers = new DockerOrchestrator(engines.Of, ContainerPace.Default, TimeProvider.System);
        return
        [
            new FileOrchestrator(YamlLimits.Default),
            new KubernetesOrchestrator(clusters.Of, TimeProvider.System, clusters),
            new SwarmOrchestrator(engines.Of, TimeProvider.System, engines),
            containers,
            new ComposeOrchestrator(new FileOrchestrator(YamlLimits.Default), containers, engines.Of, YamlLimits.Default, ComposePace.Default,
                TimeProvider.System),
        ];
    }

    /// <inheritdoc/>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: there is no such file or folder.</exception>
    public IWorkloadSource OpenFiles(string path) => new FileWorkloadSource(path, YamlLimits.Default);

    /// <inheritdoc/>
    public IWorkloadSource OpenKubernetes(KubernetesInventoryOptions options) =>
        new KubernetesWorkloadSource(KubeConfigSearch.OfProcess.Read(), options);

    /// <inheritdoc/>
    public IWorkloadSource OpenDocker(DockerInventoryOptions options) =>
        new DockerWorkloadSource(DockerEndpointSearch.OfProcess.Find(options.Host), options);

    /// <inheritdoc/>
    public IWorkloadSource OpenSwarm(DockerInventoryOptions options) =>
        new SwarmWorkloadSource(DockerEndpointSearch.OfProcess.Find(options.Host), options);

    /// <inheritdoc/>
    public IWorkloadSource OpenCompose(string path, string host, string project) =>
        new ComposeWorkloadSource(DockerEndpointSearch.OfProcess.Find(host), path, project, YamlLimits.Default);

    /// <inheritdoc/>
    public IEngineImages OpenEngineImages() => new EngineStore(DockerEndpointSearch.OfProcess.Find());

    /// <inheritdoc/>
    public IReadOnlyList<string> ListDockerContexts() => DockerEndpointSearch.OfProcess.ContextNames;

    /// <inheritdoc/>
    public Task<EndpointInfo> ProbeEngineAsync(string host, TimeProvider clock, CancellationToken cancellationToken = default) =>
        EngineProbe.ProbeAsync(DockerEndpointSearch.OfProcess, host, clock, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClusterInfo>> ProbeKubernetesAsync(KubernetesInventoryOptions options,
        CancellationToken cancellationToken = default) => ClusterProbe.ProbeAsync(KubeConfigSearch.OfProcess.Read(), options, cancellationToken);

    /// <inheritdoc/>
    public Task<ClusterInfo> ProbeKubernetesStateAsync(string context, string ns, TimeProvider clock,
        CancellationToken cancellationToken = default) =>
        ClusterProbe.ProbeStateAsync(KubeConfigSearch.OfProcess.Read().Context(context.Length == 0 ? null : context), ns, clock,
            cancellationToken);

    /// <inheritdoc/>
    public async Task<OperatorReports> ReadVulnerabilityReportsAsync(string context, string ns, IProgress<PatchNotice> notices,
        TimeProvider clock, CancellationToken cancellationToken = default)
    {
        using var client = new KubernetesClient(KubeConfigSearch.OfProcess.Read().Context(context.Length == 0 ? null : context),
            new KubernetesClientOptions { Notices = notices, TimeProvider = clock });
        return await new VulnerabilityReports(client).ReadAsync(ns, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public SharedState OpenKubernetesState(string context, string ns, IProgress<PatchNotice>? notices, TimeProvider clock)
    {
        var found = KubeConfigSearch.OfProcess.Read().Context(context.Length == 0 ? null : context);
        var client = new KubernetesClient(found, new KubernetesClientOptions { Notices = notices });
        return KubernetesState.Open(client, ns.Length == 0 ? found.Namespace : ns, clock);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListKubernetesContexts() => KubeConfigSearch.OfProcess.Read().ContextNames;

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListKubernetesNamespacesAsync(string? context,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var client = new KubernetesClient(KubeConfigSearch.OfProcess.Read().Context(context));
        await foreach (var item in client.ListAsync(KubernetesResource.Namespaces, null, null, null, cancellationToken).ConfigureAwait(false))
        {
            if (item.Text("metadata", "name") is { } name)
            {
                yield return name;
            }
        }
    }

    /// <inheritdoc/>
    public PatchPlanFile ReadPlan(string path) => PlanReader.Read(path, PlanReader.Limits);
}
