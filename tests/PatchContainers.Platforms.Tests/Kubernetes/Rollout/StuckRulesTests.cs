using System.Text.Json;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

public sealed class StuckRulesTests
{
    private static readonly DateTimeOffset s_start = new(2024, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, int, string, bool, string> Containers => new()
    {
        // The container's status; the pod's age in seconds; the cause; whether it is fatal; a part of what is said.
        {
            "state: {waiting: {reason: ErrImagePull, message: 'manifest unknown'}}", 29, "ImagePull", false,
            "cannot pull its image 'web:1': manifest unknown"
        },
        { "state: {waiting: {reason: ErrImagePull, message: 'manifest unknown'}}", 30, "ImagePull", true, "manifest unknown" },
        {
            "state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image'}}", 5, "ImagePull", false,
            "Back-off pulling image"
        },
        {
            "state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image'}}", 60, "ImagePull", true,
            "Back-off pulling image"
        },
        { "state: {waiting: {reason: ErrImageNeverPull}}", 60, "ImagePull", false, "imagePullPolicy Never" },
        { "state: {waiting: {reason: InvalidImageName, message: 'bad format'}}", 0, "InvalidImageName", true, "bad format" },
        {
            "restartCount: 2, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error}}", 20,
            "CrashLoop", false, "(restarts: 2); it last ended with exit code 1."
        },
        {
            "restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}",
            60, "CrashLoop", true, "(restarts: 3); it last ended with exit code 137 (OOMKilled)."
        },
        {
            "restartCount: 4, state: {running: {}}, ready: false, lastState: {terminated: {exitCode: 1, reason: Error}}", 60,
            "CrashLoop", true, "restarts: 4"
        },
        { "restartCount: 3, state: {terminated: {exitCode: 2, reason: Error}}", 60, "CrashLoop", true, "exit code 2" },
        { "restartCount: 0, state: {terminated: {exitCode: 2, reason: Error}}", 60, "NotReady", false, "ended with exit code 2" },
        {
            "state: {waiting: {reason: CreateContainerConfigError, message: 'secret \"db\" not found'}}", 60, "Configuration", false,
            "secret \"db\" not found"
        },
        {
            "state: {waiting: {reason: CreateContainerConfigError, message: 'container has runAsNonRoot and image will run as root'}}",
            1, "Configuration", true, "runAsNonRoot"
        },
        {
            "restartCount: 1, state: {waiting: {reason: RunContainerError, message: 'exec: no such file'}}", 10, "Creating", false,
            "no such file"
        },
        {
            "restartCount: 5, state: {waiting: {reason: RunContainerError, message: 'x'}}, lastState: {terminated: {exitCode: 127, reason: ContainerCannotRun, message: 'no such file'}}",
            99, "CrashLoop", true, "with exit code 127 (ContainerCannotRun: no such file)"
        },
        { "state: {running: {}}, ready: false", 600, "NotReady", false, "runs and is not ready." },
    };

    [Theory]
    [MemberData(nameof(Containers))]
    public void What_is_said_of_a_container_decides_whether_waiting_is_of_use(
        string status, int age, string cause, bool isFatal, string said)
    {
        foreach (var list in new[] { "containerStatuses", "initContainerStatuses" })
        {
            var pod = Pod($"phase: Pending, startTime: '2024-06-01T12:00:00Z', {list}: [{{name: app, image: 'web:1', {status}}}]");
            var stuck = StuckRules.Of(Objects.Parse("{}"), [pod], [], s_start.AddSeconds(age));
            Assert.NotNull(stuck);
            Assert.Equal((cause, isFatal), (stuck.Cause.ToString(), stuck.IsFatal));
            Assert.StartsWith("Pod web-0: the container 'app' ", stuck.Detail);
            Assert.Contains(said, stuck.Detail);
        }
    }

    [Theory]
    [InlineData("phase: Running, containerStatuses: [{name: app, ready: true, restartCount: 9, state: {running: {}}}]")]
    [InlineData("phase: Pending, containerStatuses: [{name: app, ready: false, state: {waiting: {reason: ContainerCreating}}}]")]
    [InlineData("phase: Succeeded, containerStatuses: [{name: app, ready: false, state: {terminated: {exitCode: 0}}}]")]
    [InlineData("phase: Pending")]
    public void What_is_as_it_should_be_is_no_reason(string status) =>
        Assert.Null(StuckRules.Of(Objects.Parse("{}"), [Pod(status)], [], s_start));

    [Fact]
    public void When_a_pull_error_becomes_fatal_is_told()
    {
        var pod = Pod("startTime: '2024-06-01T12:00:00Z', containerStatuses: [{name: app, state: {waiting: {reason: ErrImagePull}}}]");
        var early = StuckRules.Of(Objects.Parse("{}"), [pod], [], s_start.AddSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(20), early?.RecheckAfter);
        Assert.Null(StuckRules.Of(Objects.Parse("{}"), [pod], [], s_start.AddSeconds(31))?.RecheckAfter);
    }

    [Fact]
    public void A_pod_that_goes_away_keeps_nothing() => Assert.Null(StuckRules.Of(Objects.Parse("{}"),
        [Pod("containerStatuses: [{name: app, state: {waiting: {reason: CrashLoopBackOff}}}]", "deletionTimestamp: '2024-06-01T12:00:00Z', ")],
        [], s_start));

    [Fact]
    public void A_fatal_reason_comes_before_all_others()
    {
        var waiting = Pod("conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: '0/3 nodes are available.'}]");
        var crashing = Pod("containerStatuses: [{name: app, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}}]");
        Assert.Equal(StuckCause.CrashLoop, StuckRules.Of(Objects.Parse("{}"), [waiting, crashing], [], s_start)?.Cause);
        var alone = StuckRules.Of(Objects.Parse("{}"), [waiting], [], s_start);
        Assert.Equal((StuckCause.Unschedulable, false), (alone?.Cause, alone?.IsFatal));
        Assert.Equal("Pod web-0 has no node: 0/3 nodes are available.", alone?.Detail);
    }

    [Fact]
    public void A_quota_is_told_by_the_condition_of_a_Deployment_and_by_the_last_event_of_others()
    {
        var deployment = Objects.Parse("{status: {conditions: [{type: ReplicaFailure, status: 'True', message: 'exceeded quota: pods'}]}}");
        var stuck = StuckRules.Of(deployment, [], [], s_start);
        Assert.Equal((StuckCause.NotAdmitted, false), (stuck?.Cause, stuck?.IsFatal));
        Assert.Contains("exceeded quota: pods", stuck?.Detail);

        var set = Objects.Parse("{metadata: {uid: a}}");
        JsonElement[] events =
        [
            Event("a", "FailedCreate", "exceeded quota: pods", "2024-06-01T12:00:05Z"),
            Event("b", "SuccessfulCreate", "made", "2024-06-01T12:00:09Z"),
            Event("a", "SuccessfulCreate", "made", "2024-06-01T12:00:01Z"),
        ];
        Assert.Contains("exceeded quota: pods", StuckRules.Of(set, [], events, s_start)?.Detail);
        Assert.Null(StuckRules.Of(set, [], [.. events, Event("a", "SuccessfulCreate", "made", "2024-06-01T12:00:06Z")], s_start));
    }

    [Fact]
    public void Events_say_why_where_the_status_does_not()
    {
        var unready = Pod("containerStatuses: [{name: app, ready: false, state: {running: {}}}]");
        Assert.EndsWith("runs and is not ready: Readiness probe failed: HTTP 503", StuckRules.Of(Objects.Parse("{}"), [unready],
            [Event("p", "Unhealthy", "Readiness probe failed:\n HTTP 503", "2024-06-01T12:00:05Z")], s_start)?.Detail);
        var creating = Pod("containerStatuses: [{name: app, state: {waiting: {reason: ContainerCreating}}}]");
        Assert.EndsWith("waits: secret not found", StuckRules.Of(Objects.Parse("{}"), [creating],
            [Event("p", "FailedMount", "secret not found", "2024-06-01T12:00:05Z")], s_start)?.Detail);
        var pull = Pod("containerStatuses: [{name: app, state: {waiting: {reason: ImagePullBackOff, message: Back-off pulling image}}}]");
        Assert.EndsWith("Failed to pull image: x509", StuckRules.Of(Objects.Parse("{}"), [pull],
            [Event("p", "Failed", "Failed to pull image: x509", "2024-06-01T12:00:05Z"), Event("p", "Failed", "Error: ErrImagePull",
                "2024-06-01T12:00:06Z")], s_start)?.Detail);
    }

    [Theory]
    [InlineData("message-image-pull-fail.json", "ImagePull", true, "certificate is not valid for any names")]
    [InlineData("message-pod-crashloop-backoff.json", "CrashLoop", true, "(restarts: 4); it last ended with exit code 127 (ContainerCannotRun")]
    [InlineData("message-pod-init-crashloop-backoff.json", "Creating", false, "the container 'install' cannot be started")]
    [InlineData("message-pending-pod-resources.json", "Unschedulable", false, "Insufficient nvidia.com/gpu")]
    [InlineData("message-pending-node-affinity.json", "Unschedulable", false, "has no node")]
    [InlineData("message-oomkill-pod.json", "NotReady", false, "exit code 137 (OOMKilled)")]
    [InlineData("message-container-creating-failed-mount.json", "Creating", false, "Unable to attach or mount volumes")]
    public void Pods_of_real_clusters_say_why(string file, string cause, bool isFatal, string said)
    {
        var pods = Dump("pods", file);
        var events = Dump("events", "message-container-creating-failed-mount.json");
        var stuck = StuckRules.Of(Objects.Parse("{}"), pods, events, new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.NotNull(stuck);
        Assert.Equal((cause, isFatal), (stuck.Cause.ToString(), stuck.IsFatal));
        Assert.Contains(said, stuck.Detail);
    }

    private static JsonElement[] Dump(string kind, string file)
    {
        var path = ConformanceData.Find("apis", "kubernetes", "cluster-dumps-troubleshoot", kind, file);
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        var dump = JsonElement.Parse(File.ReadAllBytes(path));
        return dump.ValueKind == JsonValueKind.Array ? [.. dump.EnumerateArray()] : [.. dump.Items("items")];
    }

    private static JsonElement Pod(string status, string metadata = "") =>
        Objects.Parse($"{{metadata: {{{metadata}name: web-0, uid: p}}, status: {{{status}}}}}");

    private static JsonElement Event(string uid, string reason, string message, string time) => Objects.Parse(
        $"{{involvedObject: {{uid: {uid}}}, reason: {reason}, message: {JsonSerializer.Serialize(message)}, lastTimestamp: '{time}'}}");
}
