using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// Says what keeps a rollout from its end, from its pods, its conditions and its events. A bad image should be found in seconds, and a
/// slow registry or a database that starts later should not be taken for one:
/// <list type="bullet">
/// <item>no image has this name: failed at once, since only another image can heal it;</item>
/// <item>the image cannot be pulled: failed after <see cref="PullGrace"/>, which is three of the kubelet's tries (after 0, 10 and
/// 30 s);</item>
/// <item>crash loop: failed from the restart number <see cref="CrashLimit"/> on (about a minute; before, a container may wait for
/// another one);</item>
/// <item>a container that must not run as root, in an image whose user is root: failed at once;</item>
/// <item>all else (quota, no node, missing volume or Secret, not ready): it may heal, and the time limit decides.</item>
/// </list>
/// </summary>
internal static class StuckRules
{
    public static readonly TimeSpan PullGrace = TimeSpan.FromSeconds(30);

    public const int CrashLimit = 3;

    /// <summary>The worst of what is known; null where nothing keeps it.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="pods">Its pods that have the image which is awaited.</param>
    /// <param name="events">Events of the workload, its replica sets and its pods; none where they may not be read.</param>
    /// <param name="now">The time, UTC.</param>
    public static StuckReason? Of(JsonElement workload, IEnumerable<JsonElement> pods, IReadOnlyCollection<JsonElement> events,
        DateTimeOffset now)
    {
        var found = new List<StuckReason>();
        if (NotAdmitted(workload, events) is { } notAdmitted)
        {
            found.Add(notAdmitted);
        }

        foreach (var pod in pods)
        {
            if (OfPod(pod, events, now) is { } reason)
            {
                found.Add(reason);
            }
        }

        return found.OrderByDescending(r => r.IsFatal).ThenByDescending(r => r.Cause).FirstOrDefault();
    }

    private static StuckReason? NotAdmitted(JsonElement workload, IReadOnlyCollection<JsonElement> events)
    {
        if (workload.Condition("ReplicaFailure") is { } failure && failure.Word("status") == "True")
        {
            return new StuckReason(StuckCause.NotAdmitted, false, $"Its pods cannot be made: {OneLine(failure.Word("message"))}");
        }

        // StatefulSets and DaemonSets have no such condition, only events. An event stays for an hour: it counts only while it is newer
        // than the workload's last success.
        var uid = workload.Word("metadata", "uid");
        JsonElement? last = null;
        foreach (var one in events.Where(e => uid.Length > 0 && e.Word("involvedObject", "uid") == uid)
            .Where(e => e.Word("reason") is "FailedCreate" or "SuccessfulCreate").OrderBy(LastSeen))
        {
            last = one;
        }

        return last is { } found && found.Word("reason") == "FailedCreate"
            ? new StuckReason(StuckCause.NotAdmitted, false, $"Its pods cannot be made: {OneLine(found.Word("message"))}") : null;
    }

    private static StuckReason? OfPod(JsonElement pod, IReadOnlyCollection<JsonElement> events, DateTimeOffset now)
    {
        if (pod.IsBeingDeleted())
        {
            return null;
        }

        var name = $"Pod {pod.Word("metadata", "name")}";
        if (pod.Condition("PodScheduled") is { } scheduled && scheduled.Word("status") == "False")
        {
            return new StuckReason(StuckCause.Unschedulable, false,
                $"{name} has no node: {OneLine(scheduled.Word("message"))}");
        }

        var waits = pod.Items("status", "initContainerStatuses").Concat(pod.Items("status", "containerStatuses"))
            .Select(status => OfContainer(name, pod, status, events, now)).OfType<StuckReason>().ToList();
        if (waits.Count > 0)
        {
            return waits.OrderByDescending(r => r.IsFatal).ThenByDescending(r => r.Cause).First();
        }

        if (pod.Word("status", "phase") == "Failed")
        {
            return new StuckReason(StuckCause.NotReady, false,
                $"{name} has failed: {OneLine($"{pod.Word("status", "reason")} {pod.Word("status", "message")}")}");
        }

        return pod.Condition("Ready") is { } ready && ready.Word("status") == "False" && ready.Word("reason") == "ReadinessGatesNotReady"
            ? new StuckReason(StuckCause.NotReady, false, $"{name} is not ready: {OneLine(ready.Word("message"))}") : null;
    }

    private static StuckReason? OfContainer(string pod, JsonElement podObject, JsonElement status, IReadOnlyCollection<JsonElement> events,
        DateTimeOffset now)
    {
        var name = $"{pod}: the container '{status.Word("name")}'";
        var image = status.Word("image");
        var said = OneLine(status.Word("state", "waiting", "message"));
        var restarts = status.Number("restartCount") ?? 0;
        switch (status.Word("state", "waiting", "reason"))
        {
            case "InvalidImageName":
                return new StuckReason(StuckCause.InvalidImageName, true, $"{name} has an image whose name is none: {said}");
            case "ErrImageNeverPull":
                return new StuckReason(StuckCause.ImagePull, false,
                    $"{name} may not pull its image '{image}' (imagePullPolicy Never), and the node has none.");
            case "ErrImagePull" or "ImagePullBackOff" or "RegistryUnavailable" or "ImageInspectError" or "SignatureValidationFailed":
                var since = podObject.Time("status", "startTime") ?? now;
                var left = since + PullGrace - now;
                // The back-off's own message hides the cause on servers before 1.31; the event has it.
                var cause = said.StartsWith("Back-off", StringComparison.Ordinal) && !said.Contains(": ", StringComparison.Ordinal)
                    ? LastEvent(podObject, events, "Failed", "Failed to pull") ?? said : said;
                return new StuckReason(StuckCause.ImagePull, left <= TimeSpan.Zero, $"{name} cannot pull its image '{image}': {cause}",
                    left > TimeSpan.Zero ? left : null);
            case "CrashLoopBackOff":
                return Crash(name, status, restarts);
            case "CreateContainerConfigError":
                return new StuckReason(StuckCause.Configuration, said.Contains("runAsNonRoot", StringComparison.Ordinal),
                    $"{name} cannot be made: {said}");
            case "CreateContainerError" or "RunContainerError" or "PostStartHookError" or "PreCreateHookError" or "PreStartHookError":
                return restarts >= CrashLimit ? Crash(name, status, restarts)
                    : new StuckReason(StuckCause.Creating, false, $"{name} cannot be started: {said}");
            case "ContainerCreating" or "PodInitializing":
                return (LastEvent(podObject, events, "FailedMount", string.Empty)
                    ?? LastEvent(podObject, events, "FailedCreatePodSandBox", string.Empty)) is { } trouble
                    ? new StuckReason(StuckCause.Creating, false, $"{name} waits: {trouble}") : null;
            default:
                return Running(name, podObject, status, events, restarts);
        }
    }

    private static StuckReason? Running(string name, JsonElement pod, JsonElement status, IReadOnlyCollection<JsonElement> events,
        long restarts)
    {
        if (status.At("state", "terminated") is { } ended && (ended.Number("exitCode") ?? 0) != 0)
        {
            return restarts >= CrashLimit ? Crash(name, status, restarts)
                : new StuckReason(StuckCause.NotReady, false, $"{name} ended {Exit(ended)}.");
        }

        if (status.At("state", "running") is null || status.IsTrue("ready"))
        {
            return null;
        }

        if (restarts >= CrashLimit)
        {
            return Crash(name, status, restarts);
        }

        var probe = LastEvent(pod, events, "Unhealthy", string.Empty);
        return new StuckReason(StuckCause.NotReady, false,
            $"{name} runs and is not ready{(probe is null ? "." : $": {probe}")}");
    }

    private static StuckReason Crash(string name, JsonElement status, long restarts)
    {
        var last = status.At("state", "terminated") ?? status.At("lastState", "terminated");
        var how = last is { } ended ? $"; it last ended {Exit(ended)}" : string.Empty;
        return new StuckReason(StuckCause.CrashLoop, restarts >= CrashLimit, string.Create(CultureInfo.InvariantCulture,
            $"{name} ends again and again (restarts: {restarts}){how}."));
    }

    private static string Exit(JsonElement ended)
    {
        var (reason, message) = (ended.Word("reason"), OneLine(ended.Word("message")));
        var why = string.Join(": ", new[] { reason is "Error" ? string.Empty : reason, message }.Where(t => t.Length > 0));
        return string.Create(CultureInfo.InvariantCulture,
            $"with exit code {ended.Number("exitCode") ?? 0}{(why.Length == 0 ? string.Empty : $" ({why})")}");
    }

    private static string? LastEvent(JsonElement pod, IEnumerable<JsonElement> events, string reason, string start)
    {
        var uid = pod.Word("metadata", "uid");
        var found = events.Where(e => e.Word("involvedObject", "uid") == uid && e.Word("reason") == reason)
            .Select(e => (Message: OneLine(e.Word("message")), At: LastSeen(e)))
            .Where(e => e.Message.StartsWith(start, StringComparison.Ordinal)).OrderBy(e => e.At).LastOrDefault();
        return string.IsNullOrEmpty(found.Message) ? null : found.Message;
    }

    private static DateTimeOffset LastSeen(JsonElement one) =>
        one.Time("series", "lastObservedTime") ?? one.Time("lastTimestamp") ?? one.Time("eventTime") ?? DateTimeOffset.MinValue;

    // What a runtime says may be long and of many lines; the sentence stays one line.
    private static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 400 ? line : line[..400] + "...";
    }
}
