using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>Which services cannot be rolled out as they stand, and which the manager has taken back.</summary>
internal static class SwarmRules
{
    /// <summary>Why it cannot be, and what to do; empty where it can.</summary>
    public static string Refusal(SwarmTarget target, JsonElement service)
    {
        if (service.ImageOfService() is null)
        {
            return $"{target.Object} runs no containers: it is a plugin or an attached network, and never changed.";
        }

        if (service.IsJob())
        {
            return $"{target.Object} is a job, which is listed, and never changed: an update would run it again. Change what makes it, and "
                + "it has the new image the next time.";
        }

        if (service.IsUpdating())
        {
            return $"{target.Object} is in the middle of another update ({service.UpdateState()}"
                + $"{(service.UpdateMessage() is { Length: > 0 } said ? $": {said}" : string.Empty)}), and one could not be told from the "
                + $"other. Wait for it to end: docker service ps {target.Id.Name}";
        }

        return service.IsPaused()
            ? $"{target.Object} was given up in the middle of another update ({service.UpdateState()}: {service.UpdateMessage()}). Put it "
                + $"right first: docker service rollback {target.Id.Name}, or a docker service update." : string.Empty;
    }

    /// <summary>Whether the manager has gone back, or is about to, from an update that was begun after a state was read.</summary>
    public static bool WentBack(JsonElement service, SwarmState? before) =>
        service.UpdateState().StartsWith("rollback_", StringComparison.Ordinal)
        && service.Word("UpdateStatus", "StartedAt") != (before?.UpdatedAt ?? string.Empty);

    /// <summary>
    /// Whether an engine says that it manages no swarm. One that managed it before is stopping, or starting: it leaves its swarm first, and
    /// comes back to it last.
    /// </summary>
    public static bool IsLeaving(PatchException fault) => fault.Code == PatchErrorCode.NotSupported;
}
