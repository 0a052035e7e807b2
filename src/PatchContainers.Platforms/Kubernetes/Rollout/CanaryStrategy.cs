using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>What a canary of a workload would be, or why there can be none.</summary>
/// <param name="Count">How many pods of the new version run first; 0 where the workload has no pods, and nothing can be watched.</param>
/// <param name="Fields">What it alters.</param>
/// <param name="Refusal">Why there can be none; empty where there can.</param>
internal sealed record CanaryPlan(int Count, IReadOnlyList<StrategyField> Fields, string Refusal = "");

/// <summary>
/// Holds a rolling update after its first pods, with nothing but the workload's own strategy:
/// <list type="bullet">
/// <item>a Deployment makes as many pods as maxSurge says, and takes none away until they are available, which they are not before
/// minReadySeconds have passed;</item>
/// <item>a StatefulSet replaces the pods from the partition on, the last first. Its own partition is never undercut;</item>
/// <item>a DaemonSet cannot be held: minReadySeconds holds for its old pods too, and the younger ones would be deleted at once.</item>
/// </list>
/// It is held until it is promoted or put back, however long that takes: a rollout may wait for a person, and nothing goes on to all
/// that nobody has judged.
/// </summary>
internal static class CanaryStrategy
{
    /// <summary>The most that the API takes, which it also takes for no deadline at all.</summary>
    private const long NoDeadline = int.MaxValue;

    /// <summary>68 years; the API wants it below the deadline.</summary>
    private const long Held = NoDeadline - 1;

    private const string MinReady = "/spec/minReadySeconds";
    private const string Deadline = "/spec/progressDeadlineSeconds";
    private const string Surge = "/spec/strategy/rollingUpdate";
    private const string Partition = "/spec/updateStrategy/rollingUpdate/partition";

    /// <summary>Plans it.</summary>
    /// <param name="kind">The workload's kind.</param>
    /// <param name="workload">The workload.</param>
    /// <param name="canary">How many, as <see cref="Portion"/> reads it.</param>
    public static CanaryPlan Of(string kind, JsonElement workload, string canary)
    {
        var pods = (workload.Number("spec", "replicas") ?? 1) - (kind == "StatefulSet" ? PartitionOf(workload) : 0);
        int count;
        try
        {
            count = Portion.Parse(canary).Of((int)Math.Max(0, pods));
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.InvalidArgument)
        {
            return Refused(e.Message);
        }

        return kind switch
        {
            "Deployment" => OfDeployment(workload, count),
            "DaemonSet" => Refused($"DaemonSet {workload.FullName()} cannot be held after its first pods: there can be no canary. Roll it "
                + "out without one; as many nodes as its maxUnavailable says are changed at a time."),
            "StatefulSet" => OfStatefulSet(workload, count),
            _ => new CanaryPlan(0, []),
        };
    }

    /// <summary>Whether a canary alters this field.</summary>
    public static bool Alters(string pointer) => pointer is MinReady or Deadline or Surge or Partition;

    /// <summary>Adds to a patch what sets the canary's strategy, as long as the original is what is there.</summary>
    public static void Set(JsonPatch patch, IReadOnlyList<StrategyField> fields)
    {
        foreach (var field in fields)
        {
            if (field.Original is { } original)
            {
                patch.Test(field.Pointer, original);
            }

            patch.Set(field.Pointer, field.Canary);
        }
    }

    /// <summary>
    /// Adds to a patch what restores the strategy. A field that someone else has set since is theirs, and stays; it is named.
    /// </summary>
    /// <returns>The fields that stay.</returns>
    public static IReadOnlyList<string> Restore(JsonPatch patch, JsonElement workload, IReadOnlyList<StrategyField> fields)
    {
        var kept = new List<string>();
        foreach (var field in fields)
        {
            var current = ValueAt(workload, field.Pointer);
            if (JsonNode.DeepEquals(current, field.Canary))
            {
                patch.Test(field.Pointer, field.Canary);
                if (field.Original is { } original)
                {
                    patch.Replace(field.Pointer, original);
                }
                else
                {
                    patch.Remove(field.Pointer);
                }
            }
            else if (!JsonNode.DeepEquals(current, field.Original))
            {
                kept.Add(field.Pointer);
            }
        }

        ImagePatch.RemoveAnnotation(patch, workload, WorkloadState.Annotation);
        return kept;
    }

    private static CanaryPlan OfDeployment(JsonElement workload, int count)
    {
        if (workload.Text("spec", "strategy", "type") == "Recreate")
        {
            return Refused($"Deployment {workload.FullName()} has the strategy Recreate, which ends all old pods first: there can be no "
                + "canary. Roll it out without one, or set spec.strategy.type to RollingUpdate.");
        }

        if (count == 0)
        {
            return new CanaryPlan(0, []);
        }

        return new CanaryPlan(count,
        [
            Field(workload, Surge, new JsonObject { ["maxSurge"] = count, ["maxUnavailable"] = 0 }),
            Field(workload, MinReady, Held),
            Field(workload, Deadline, NoDeadline),
        ]);
    }

    private static CanaryPlan OfStatefulSet(JsonElement workload, int count) => count == 0 ? new CanaryPlan(0, [])
        : workload.At("spec", "updateStrategy", "rollingUpdate", "partition") is null
            ? Refused($"StatefulSet {workload.FullName()} shows no partition: this server is not as expected, and no canary is possible.")
            : new CanaryPlan(count, [Field(workload, Partition, (workload.Number("spec", "replicas") ?? 1) - count)]);

    private static long PartitionOf(JsonElement workload) =>
        workload.Number("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;

    private static CanaryPlan Refused(string reason) => new(0, [], reason);

    private static StrategyField Field(JsonElement workload, string pointer, JsonNode canary) =>
        new(pointer, ValueAt(workload, pointer), canary);

    private static JsonNode? ValueAt(JsonElement workload, string pointer) =>
        workload.At(pointer[1..].Split('/')) is { ValueKind: not JsonValueKind.Null } value ? JsonNode.Parse(value.GetRawText()) : null;
}
