using System.Text.Json;
using System.Text.RegularExpressions;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>The cases of <c>kubectl rollout status</c>, each of its branches from both sides.</summary>
public sealed class ReadinessRulesTests
{
    public static TheoryData<string, string, string, string> Deployments => new()
    {
        // The specification and the status, in short; the state; a part of the reason.
        { "replicas: 2", "seen: 1", "Progressing", "not seen the change" },
        { "replicas: 2", "", "Progressing", "not seen the change" },
        { "replicas: 3", "seen: 2, replicas: 3, updated: 1, available: 3", "Progressing", "1 of 3 new replicas have been made" },
        { "replicas: 3", "seen: 2, replicas: 4, updated: 3, available: 3", "Progressing", "1 old replicas have not ended" },
        { "replicas: 3", "seen: 2, replicas: 3, updated: 3, available: 2", "Progressing", "2 of 3 new replicas are available" },
        { "replicas: 3", "seen: 2, replicas: 3, updated: 3, available: 3", "Ready", "All 3 replicas" },
        { "replicas: 3", "seen: 7, replicas: 3, updated: 3, available: 3", "Ready", "" },
        { "replicas: 0", "seen: 2", "Ready", "All 0" },
        { "", "seen: 2", "Progressing", "0 of 1" },
        {
            "replicas: 1, progressDeadlineSeconds: 60",
            "seen: 2, replicas: 2, updated: 1, available: 1, progress: ProgressDeadlineExceeded", "Failed", "no progress for 60 s"
        },
        { "replicas: 1", "seen: 1, progress: ProgressDeadlineExceeded", "Progressing", "not seen" },
        { "replicas: 1", "seen: 2, replicas: 1, updated: 1, progress: ReplicaSetUpdated", "Progressing", "0 of 1" },
    };

    public static TheoryData<string, string, string, string> StatefulSets => new()
    {
        { "replicas: 2, type: OnDelete", "seen: 2, ready: 2", "Failed", "OnDelete" },
        { "replicas: 2, partition: 0", "seen: 1", "Progressing", "not seen" },
        { "replicas: 2, partition: 0", "", "Progressing", "not seen" },
        { "replicas: 3, partition: 0", "seen: 2, ready: 2, updated: 3", "Progressing", "1 of 3 pods are not ready" },
        { "replicas: 3, partition: 0", "seen: 2, ready: 3, updated: 2", "Progressing", "2 of 3 new pods" },
        { "replicas: 3, partition: 0", "seen: 2, ready: 3, updated: 3", "Ready", "All 3" },
        {
            "replicas: 3, partition: 2", "seen: 2, ready: 3, updated: 0, currentRevision: a, updateRevision: b", "Progressing",
            "0 of 1 new pods"
        },
        {
            "replicas: 3, partition: 2", "seen: 2, ready: 3, updated: 1, currentRevision: a, updateRevision: b", "Ready",
            "below the partition 2 stay old"
        },
        { "replicas: 3, partition: 5", "seen: 2, ready: 3, currentRevision: a, updateRevision: b", "Ready", "" },
        {
            "replicas: 1, type: RollingUpdate", "seen: 2, ready: 1, updated: 0, currentRevision: a, updateRevision: b",
            "Progressing", "the revision b"
        },
        { "replicas: 1, type: RollingUpdate", "seen: 2, ready: 1, currentReplicas: 1, currentRevision: b, updateRevision: b", "Ready", "" },
    };

    public static TheoryData<string, string, string, string> DaemonSets => new()
    {
        { "type: OnDelete", "seen: 2", "Failed", "OnDelete" },
        { "type: RollingUpdate", "seen: 1, desired: 1", "Progressing", "not seen" },
        { "type: RollingUpdate", "seen: 2, desired: 3, updated: 1, available: 3", "Progressing", "1 of 3 new pods have been made" },
        { "type: RollingUpdate", "seen: 2, desired: 3, updated: 3, available: 2", "Progressing", "2 of 3 new pods are available" },
        { "type: RollingUpdate", "seen: 2, desired: 3, updated: 3, available: 3", "Ready", "All 3" },
        { "type: RollingUpdate", "seen: 2, desired: 0", "Ready", "All 0" },
    };

    [Theory]
    [MemberData(nameof(Deployments))]
    public void A_Deployment_is_ready_when_all_of_it_is_new_and_available(string spec, string status, string state, string reason) =>
        Check("Deployment", spec, status, state, reason);

    [Theory]
    [MemberData(nameof(StatefulSets))]
    public void A_StatefulSet_is_ready_when_all_above_its_partition_is_new_and_all_is_ready(
        string spec, string status, string state, string reason) =>
        Check("StatefulSet", spec, status, state, reason);

    [Theory]
    [MemberData(nameof(DaemonSets))]
    public void A_DaemonSet_is_ready_when_each_node_has_the_new_pod_available(string spec, string status, string state, string reason) =>
        Check("DaemonSet", spec, status, state, reason);

    [Fact]
    public void Another_kind_has_no_rollout() => Assert.Equal(PatchErrorCode.NotSupported,
        Assert.Throws<PatchException>(() => ReadinessRules.Of("Job", Objects.Parse("{}"))).Code);

    [Theory]
    [InlineData("deployments/default.json", "Deployment", "kotsadm-web", "Progressing", "1 old replicas")]
    [InlineData("deployments/default.json", "Deployment", "kotsadm-api", "Ready", "")]
    [InlineData("deployments/kube-system.json", "Deployment", "coredns", "Ready", "")]
    [InlineData("deployments/kube-system.json", "Deployment", "metrics-server", "Progressing", "1 old replicas")]
    [InlineData("statefulsets/monitoring.json", "StatefulSet", "prometheus-k8s", "Ready", "")]
    [InlineData("statefulsets/monitoring.json", "StatefulSet", "alertmanager-prometheus-alertmanager", "Ready", "")]
    [InlineData("statefulsets/default.json", "StatefulSet", "kotsadm-postgres", "Ready", "")]
    public void Objects_of_real_clusters_are_read(string file, string kind, string name, string state, string reason)
    {
        var path = ConformanceData.Find("apis", "kubernetes", "cluster-dumps-troubleshoot", file);
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        using var dump = JsonDocument.Parse(File.ReadAllText(path));
        var readiness = ReadinessRules.Of(kind, dump.RootElement.Items("items").Single(o => o.Text("metadata", "name") == name));
        Assert.Equal(state, readiness.State.ToString());
        Assert.Contains(reason, readiness.Reason);
    }

    private static readonly (string Short, string Long)[] s_names =
    [
        ("seen:", "observedGeneration:"), ("updated:", "updatedReplicas:"), ("available:", "availableReplicas:"), ("ready:", "readyReplicas:"),
    ];

    private static readonly (string Short, string Long)[] s_namesOfDaemonSets =
    [
        ("seen:", "observedGeneration:"), ("updated:", "updatedNumberScheduled:"), ("available:", "numberAvailable:"),
        ("desired:", "desiredNumberScheduled:"),
    ];

    private static void Check(string kind, string spec, string status, string state, string reason)
    {
        foreach (var (shortName, longName) in kind == "DaemonSet" ? s_namesOfDaemonSets : s_names)
        {
            status = status.Replace(shortName, longName, StringComparison.Ordinal);
        }

        status = Regex.Replace(status, @"progress: (\w+)", "conditions: [{type: Progressing, reason: $1}]");
        spec = Regex.Replace(spec, @"\btype: (\w+)", "updateStrategy: {type: $1}");
        spec = Regex.Replace(spec, @"partition: (\d)", "updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: $1}}");
        var workload = Objects.Parse(
            $"{{metadata: {{namespace: shop, name: web, generation: 2}}, spec: {{{spec}}}, status: {{{status}}}}}");
        var readiness = ReadinessRules.Of(kind, workload);
        Assert.Equal(state, readiness.State.ToString());
        Assert.Contains(reason, readiness.Reason);
        Assert.EndsWith(".", readiness.Reason);
    }
}
