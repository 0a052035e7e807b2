using System.Globalization;
using PatchContainers.Platforms.Kubernetes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>Moments of a canary that a real controller passes too quickly to be met by a test.</summary>
public sealed class CanaryJudgeTests
{
    [Theory]
    [InlineData("Deployment", 4, 6, ChangeStatus.Healthy)]
    [InlineData("Deployment", 0, 6, ChangeStatus.Applied)]
    [InlineData("Deployment", 0, 2, ChangeStatus.Applied)]
    [InlineData("Deployment", 3, 6, ChangeStatus.Applied)]
    [InlineData("Deployment", 3, 5, ChangeStatus.Healthy)]
    [InlineData("StatefulSet", 3, 4, ChangeStatus.Applied)]
    [InlineData("StatefulSet", 3, 3, ChangeStatus.Healthy)]
    public void A_canary_that_is_being_scaled_down_is_judged_when_that_is_done(string kind, int wanted, int there, ChangeStatus status)
    {
        var image = RolloutScene.Pinned("1.1");
        var workload = Objects.Parse("""
            metadata: { name: web, generation: 3 }
            spec:
              replicas: WANTED
              updateStrategy: { rollingUpdate: { partition: 2 } }
              template: { spec: { containers: [{ name: app, image: IMAGE }] } }
            status: { observedGeneration: 3, replicas: THERE, updatedReplicas: 2, readyReplicas: THERE, availableReplicas: 1 }
            """.Replace("WANTED", wanted.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("THERE", there.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("IMAGE", $"'{image}'", StringComparison.Ordinal));
        var pod = Objects.Parse($"{{metadata: {{name: a}}, spec: {{containers: [{{name: app, image: '{image}'}}]}}, "
            + "status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}}");
        var id = new KubernetesWorkloadId("test", "shop", kind, "web", "app");
        var change = new RolloutChange
        {
            Workload = id.ToString(),
            Platform = RingTarget.Kubernetes,
            Ring = "staging",
            OldImage = RolloutScene.Old,
            NewImage = image,
            NewDigest = RolloutScene.DigestOf("1.1"),
            Options = new RolloutChangeOptions { Canary = "50%" },
            Before = new WorkloadState { Image = RolloutScene.Old, Replicas = 4, CanaryCount = 2 }.ToText(),
        };
        var judge = new WorkloadJudge(change, new WorkloadTarget(null!, id, RolloutScene.Resource(kind)), AwaitedState.Canary);
        var seen = judge.Look(workload, new WorkloadView(workload, false, [pod, pod], null, null), [], DateTimeOffset.UnixEpoch, out _);
        Assert.True(seen.Status == status, $"{seen.Status}: {seen.Detail}");
    }
}
