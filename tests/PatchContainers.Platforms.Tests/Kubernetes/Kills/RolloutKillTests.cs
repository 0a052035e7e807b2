using PatchContainers.Platforms.Tests.Rollout.Kills;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Kills;

/// <summary>Rollouts over two namespaces of a real control plane, with their journals in folders and in the cluster.</summary>
[Collection(ManyPods.Name)]
public sealed class RolloutKillTests : RolloutKills
{
    internal override KillWorld OpenWorld() => new ClusterKillWorld();
}
