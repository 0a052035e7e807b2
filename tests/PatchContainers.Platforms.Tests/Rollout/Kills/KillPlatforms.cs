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
using PatchContainers.Platforms.Tests.Docker;
using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Platforms.Tests.Docker.Kills;
using PatchContainers.Platforms.Tests.Kubernetes;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>Opens runs on their platforms. Its clients belong to all of them, and see of each request whose run it is of.</summary>
internal sealed class KillPlatforms : IDisposable
{
    private static readonly ComposePace s_pace = new(TimeSpan.FromSeconds(0.1), TimeSpan.FromMinutes(2));

    private readonly KubeConfig? _config;
    private readonly KubernetesClient? _cluster;
    private readonly DockerClient? _engine;

    /// <summary>Opens what runs on some platforms need.</summary>
    /// <param name="platforms">The platforms.</param>
    /// <param name="apart">The engine; null for the one that all tests use.</param>
    public KillPlatforms(IReadOnlyCollection<KillPlatform> platforms, EngineApart? apart = null)
    {
        if (platforms.Contains(KillPlatform.Kubernetes))
        {
            _config = KubeConfig.Read([ControlPlane.Kubeconfig("admin")]);
            _cluster = new KubernetesClient(_config.Context(), new KubernetesClientOptions { Between = h => new ObservedRequests(h) });
        }

        if (platforms.Any(p => p is KillPlatform.Swarm or KillPlatform.Docker or KillPlatform.Compose))
        {
            _engine = apart is null ? RealEngine.Require().Open(handler => new ObservedRequests(handler))
                : apart.Engine.Open(handler => new ObservedRequests(apart.Wrap(handler)));
        }
    }

    /// <summary>Opens a run.</summary>
    public KillRun Open(KillSpec spec, TimeProvider clock) => new(spec, State(spec, clock), target => Source(spec, target),
        Orchestrator, _engine?.Endpoint.Name ?? string.Empty, clock);

    public void Dispose()
    {
        _cluster?.Dispose();
        _engine?.Dispose();
    }

    private SharedState State(KillSpec spec, TimeProvider clock) => spec.Scenario.InCluster
        ? KubernetesState.Open(_cluster!, spec.Staging, clock) : SharedState.OfFolder(new PatchState(spec.Folder), clock);

    private IWorkloadSource Source(KillSpec spec, RingTarget target) => spec.Scenario.Platform switch
    {
        KillPlatform.Files => new FileWorkloadSource(target.Path, YamlLimits.Default),
        KillPlatform.Swarm => new SwarmWorkloadSource(_engine!.Endpoint, new DockerInventoryOptions { Selector = target.Selector }),
        KillPlatform.Docker => new DockerWorkloadSource(_engine!.Endpoint, new DockerInventoryOptions { Selector = target.Selector }),
        KillPlatform.Compose => new ComposeWorkloadSource(_engine!.Endpoint, target.Path, target.Project, YamlLimits.Default),
        _ => new KubernetesWorkloadSource(_config!, new KubernetesInventoryOptions
        {
            Namespaces = target.Namespaces,
            Selector = target.Selector,
            Kinds = RingTarget.ChangeableKinds,
        }),
    };

    // What a file is written with is no request.
    private ObservedOrchestrator Orchestrator(KillRun run) => run.Spec.Scenario.Platform switch
    {
        KillPlatform.Files => Files(run),
        KillPlatform.Swarm => new ObservedOrchestrator(new SwarmOrchestrator(_ => _engine!, TimeProvider.System), run, run.Spec.Before),
        KillPlatform.Docker => new ObservedOrchestrator(Containers(), run, run.Spec.Before),
        KillPlatform.Compose => new ObservedOrchestrator(new ComposeOrchestrator(
            Files(run), Containers(), _ => _engine!, YamlLimits.Default, s_pace, TimeProvider.System), run, run.Spec.Before),
        _ => new ObservedOrchestrator(new KubernetesOrchestrator(_ => _cluster!, TimeProvider.System), run, run.Spec.Before),
    };

    private static ObservedOrchestrator Files(KillRun run) => new(new FileOrchestrator(YamlLimits.Default), run, true);

    private DockerOrchestrator Containers() => EngineScene.Open(_engine!);
}
