using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

public sealed class CanaryStrategyTests
{
    private const string Rolling = "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}";
    private const long Hold = int.MaxValue - 1;

    public static TheoryData<string, string, string, int, string> Plans => new()
    {
        // Kind, specification, size, pods of the canary, what is set.
        {
            "Deployment", "replicas: 10, progressDeadlineSeconds: 600, " + Rolling, "2", 2,
            $"surge 2 of 0, ready {Hold}, deadline {int.MaxValue}"
        },
        {
            "Deployment", "replicas: 10, progressDeadlineSeconds: 600, " + Rolling, "11%", 2,
            $"surge 2 of 0, ready {Hold}, deadline {int.MaxValue}"
        },
        {
            "Deployment", "replicas: 3, progressDeadlineSeconds: 600, " + Rolling, "7", 3,
            $"surge 3 of 0, ready {Hold}, deadline {int.MaxValue}"
        },
        { "Deployment", "replicas: 3, progressDeadlineSeconds: 86400, " + Rolling, "1", 1, $"surge 1 of 0, ready {Hold}, deadline {int.MaxValue}" },
        {
            "Deployment", "replicas: 3, minReadySeconds: 50000, progressDeadlineSeconds: 86400, " + Rolling, "1", 1,
            $"surge 1 of 0, ready {Hold}, deadline {int.MaxValue}"
        },
        { "Deployment", "progressDeadlineSeconds: 86400, " + Rolling, "50%", 1, $"surge 1 of 0, ready {Hold}, deadline {int.MaxValue}" },
        { "Deployment", "replicas: 0, " + Rolling, "1", 0, "" },
        { "StatefulSet", "replicas: 5, updateStrategy: {rollingUpdate: {partition: 0}}", "2", 2, "partition 3" },
        { "StatefulSet", "replicas: 5, updateStrategy: {rollingUpdate: {partition: 3}}", "1", 1, "partition 4" },
        { "StatefulSet", "replicas: 5, updateStrategy: {rollingUpdate: {partition: 3}}", "4", 2, "partition 3" },
        { "StatefulSet", "replicas: 5, updateStrategy: {rollingUpdate: {partition: 5}}", "1", 0, "" },
        { "StatefulSet", "replicas: 5, updateStrategy: {rollingUpdate: {partition: 9}}", "1", 0, "" },
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public void A_canary_is_held_by_the_workloads_own_strategy(string kind, string spec, string canary, int count, string set)
    {
        var plan = CanaryStrategy.Of(kind, Workload(spec), canary);
        Assert.Equal((count, ""), (plan.Count, plan.Refusal));
        Assert.Equal(set, string.Join(", ", plan.Fields.Select(field => field.Pointer switch
        {
            "/spec/strategy/rollingUpdate" => $"surge {field.Canary["maxSurge"]} of {field.Canary["maxUnavailable"]}",
            "/spec/minReadySeconds" => $"ready {field.Canary}",
            "/spec/progressDeadlineSeconds" => $"deadline {field.Canary}",
            "/spec/updateStrategy/rollingUpdate/partition" => $"partition {field.Canary}",
            var other => other,
        })));
    }

    [Theory]
    [InlineData("Deployment", "strategy: {type: Recreate}", "1", "Recreate")]
    [InlineData("DaemonSet", "replicas: 1", "1", "DaemonSet")]
    [InlineData("StatefulSet", "replicas: 1", "1", "no partition")]
    [InlineData("Deployment", Rolling, "0", "neither a count")]
    [InlineData("Deployment", Rolling, "101%", "neither a count")]
    [InlineData("Deployment", Rolling, "-1", "neither a count")]
    [InlineData("Deployment", Rolling, "some", "neither a count")]
    public void What_cannot_be_a_canary_is_refused_with_the_reason(string kind, string spec, string canary, string reason)
    {
        var plan = CanaryStrategy.Of(kind, Workload(spec), canary);
        Assert.Empty(plan.Fields);
        Assert.Contains(reason, plan.Refusal);
    }

    [Fact]
    public void What_a_canary_sets_is_restored_through_the_journals_text_and_through_the_annotations()
    {
        var spec = "replicas: 4, progressDeadlineSeconds: 600, " + Rolling;
        var plan = CanaryStrategy.Of("Deployment", Workload(spec), "1");
        var state = new WorkloadState { Image = "web:1", CanaryCount = plan.Count, Strategy = plan.Fields };
        var held = Workload($"replicas: 4, progressDeadlineSeconds: {int.MaxValue}, minReadySeconds: {Hold}, "
            + "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}");
        foreach (var fields in new[]
        {
            plan.Fields, WorkloadState.Parse(state.ToText(), "web").Strategy,
            WorkloadState.ParseFields(WorkloadState.ToText(plan.Fields), "web"),
        })
        {
            var patch = new JsonPatch();
            Assert.Empty(CanaryStrategy.Restore(patch, held, fields));
            Assert.Equal(
            [
                """{"op":"test","path":"/spec/strategy/rollingUpdate","value":{"maxSurge":1,"maxUnavailable":0}}""",
                """{"op":"replace","path":"/spec/strategy/rollingUpdate","value":{"maxSurge":"25%","maxUnavailable":"25%"}}""",
                $$"""{"op":"test","path":"/spec/minReadySeconds","value":{{Hold}}}""",
                """{"op":"remove","path":"/spec/minReadySeconds"}""",
                $$"""{"op":"test","path":"/spec/progressDeadlineSeconds","value":{{int.MaxValue}}}""",
                """{"op":"replace","path":"/spec/progressDeadlineSeconds","value":600}""",
            ], patch.ToNode().Select(operation => operation!.ToJsonString()));

            // Restored already: nothing to do, and nothing of anybody else's.
            patch = new JsonPatch();
            Assert.Empty(CanaryStrategy.Restore(patch, Workload(spec), fields));
            Assert.False(patch.HasWrites);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("""[{"pointer":"/spec/minReadySeconds"}]""")]
    [InlineData("""[{"pointer":"/spec/template/spec/serviceAccountName","original":"admin","canary":"default"}]""")]
    public void An_annotation_that_is_no_strategy_is_refused_since_it_would_be_written_back(string text) =>
        Assert.Equal(PatchErrorCode.InvalidData,
            Assert.Throws<PatchException>(() => WorkloadState.ParseFields(text, "Deployment shop/web")).Code);

    [Fact]
    public void A_patch_tests_what_was_read_and_says_why()
    {
        var workload = Objects.Parse("{metadata: {resourceVersion: '7', annotations: {a: b}}, spec: {template: {spec: "
            + "{initContainers: [{name: init, image: i:1}], containers: [{name: app, image: w:1}, {name: proxy, image: p:1}]}}}}");
        var slot = ContainerSlot.Find("Deployment", workload, "proxy")!;
        Assert.Equal("/spec/template/spec/containers/1", slot.Pointer);
        Assert.Equal("/spec/template/spec/initContainers/0", ContainerSlot.Find("Deployment", workload, "init")?.Pointer);
        Assert.Null(ContainerSlot.Find("Deployment", workload, "none"));
        Assert.Equal(
        [
            """{"op":"test","path":"/spec/template/spec/containers/1/name","value":"proxy"}""",
            """{"op":"test","path":"/spec/template/spec/containers/1/image","value":"p:1"}""",
            """{"op":"test","path":"/metadata/resourceVersion","value":"7"}""",
            """{"op":"replace","path":"/spec/template/spec/containers/1/image","value":"p:2"}""",
            """{"op":"add","path":"/metadata/annotations/kubernetes.io~1change-cause","value":"why"}""",
            """{"op":"add","path":"/metadata/annotations/patchcontainers~1rollout","value":"why"}""",
        ], Operations(workload, slot));

        var bare = Objects.Parse("{metadata: {resourceVersion: '7'}, spec: {jobTemplate: {spec: {template: {spec: "
            + "{containers: [{name: app, image: w:1}]}}}}}}");
        slot = ContainerSlot.Find("CronJob", bare, "app")!;
        Assert.Equal("/spec/jobTemplate/spec/template/spec/containers/0", slot.Pointer);
        Assert.Equal(
        [
            """{"op":"add","path":"/metadata/annotations","value":{"kubernetes.io/change-cause":"why","patchcontainers/rollout":"why"}}""",
        ], Operations(bare, slot)[4..]);
    }

    private static string[] Operations(JsonElement workload, ContainerSlot slot) =>
        [.. ImagePatch.Of(workload, slot, "p:2", "why").ToNode().Select(operation => operation!.ToJsonString())];

    private static JsonElement Workload(string spec) => Objects.Parse($"{{metadata: {{namespace: shop, name: web}}, spec: {{{spec}}}}}");
}
