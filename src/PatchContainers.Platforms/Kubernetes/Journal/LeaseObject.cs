using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Platforms.Kubernetes.Journal;

/// <summary>A Lease (coordination.k8s.io/v1). Its fencing number is <c>leaseTransitions</c>; it is never deleted.</summary>
/// <param name="content">The object, as it was read or is to be created.</param>
internal sealed class LeaseObject(JsonObject content)
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const string ResourceAnnotation = "patchcontainers/resource";
    private const string ActorAnnotation = "patchcontainers/actor";
    private const string ProcessAnnotation = "patchcontainers/process";

    public JsonObject Content => content;

    /// <summary>Who has it; empty for nobody.</summary>
    public string Holder => StateObjects.Text(content, "spec", "holderIdentity");

    public long Fence => (long?)Spec["leaseTransitions"] ?? 0;

    public string Actor => StateObjects.Text(content, "metadata", "annotations", ActorAnnotation) is { Length: > 0 } actor ? actor : Holder;

    public DateTimeOffset Acquired => TimeOf("acquireTime");

    public DateTimeOffset Renewed => TimeOf("renewTime");

    public TimeSpan Duration => TimeSpan.FromSeconds((long?)Spec["leaseDurationSeconds"] ?? 0);

    /// <summary>The process that has it; null where it cannot be read.</summary>
    public ProcessIdentity? Process
    {
        get
        {
            try
            {
                return JsonSerializer.Deserialize(StateObjects.Text(content, "metadata", "annotations", ProcessAnnotation),
                    JournalJson.Relaxed.ProcessIdentity);
            }
            catch (JsonException)
            {
                // Then nobody can tell whether it lives, and the lease's time counts.
                return null;
            }
        }
    }

    private JsonObject Spec => StateObjects.Part(content, "spec");

    public static string Name(string resource) => StateObjects.Prefix + StateObjects.Hash(resource);

    /// <summary>A lease that nobody has, to be created.</summary>
    /// <param name="resource">What it is the right to change.</param>
    /// <param name="fence">The last fencing number that was given.</param>
    public static LeaseObject New(string resource, long fence) => new(new JsonObject
    {
        ["apiVersion"] = KubernetesResource.Leases.ApiVersion,
        ["kind"] = KubernetesResource.Leases.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = Name(resource),
            ["labels"] = new JsonObject { [StateObjects.ManagedBy] = StateObjects.Manager },
            ["annotations"] = new JsonObject { [ResourceAnnotation] = resource },
        },
        ["spec"] = new JsonObject { ["leaseTransitions"] = fence },
    });

    public void Take(string holder, string actor, ProcessIdentity process, DateTimeOffset now, TimeSpan duration)
    {
        Spec["leaseTransitions"] = Fence + 1;
        Spec["holderIdentity"] = holder;
        Spec["acquireTime"] = now.ToString(Time, CultureInfo.InvariantCulture);
        Spec["leaseDurationSeconds"] = (long)duration.TotalSeconds;
        var annotations = StateObjects.Part(StateObjects.Part(content, "metadata"), "annotations");
        annotations[ActorAnnotation] = actor;
        annotations[ProcessAnnotation] = JsonSerializer.Serialize(process, JournalJson.Relaxed.ProcessIdentity);
        Renew(now);
    }

    public void Renew(DateTimeOffset now) => Spec["renewTime"] = now.ToString(Time, CultureInfo.InvariantCulture);

    /// <summary>Gives it back. The fencing number stays.</summary>
    public void Release() => Spec.Remove("holderIdentity");

    private DateTimeOffset TimeOf(string name) => DateTimeOffset.TryParse(StateObjects.Text(content, "spec", name),
        CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : default;
}
