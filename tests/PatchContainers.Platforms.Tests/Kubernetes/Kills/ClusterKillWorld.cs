using PatchContainers.Platforms.Tests.Rollout.Kills;

namespace PatchContainers.Platforms.Tests.Kubernetes.Kills;

/// <summary>Rollouts in a control plane, with their journals in folders and in the cluster.</summary>
internal sealed class ClusterKillWorld : KillWorld
{
    public override IReadOnlyList<KillScenario> Scenarios { get; } =
    [
        new(KillPlatform.Kubernetes, false), new(KillPlatform.Kubernetes, false, InCluster: true),
        new(KillPlatform.Kubernetes, true), new(KillPlatform.Kubernetes, true, InCluster: true),
    ];

    // The pods of three nodes are enough for no more.
    public override int AtATime => 40;

    protected override async Task<KillScene> OpenSceneAsync() => await ClusterKillScene.OpenAsync();
}
