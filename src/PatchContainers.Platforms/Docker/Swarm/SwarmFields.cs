using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>What rollouts read in services and tasks, beyond single fields.</summary>
internal static class SwarmFields
{
    /// <summary>The image that a service is told to run; null for what runs no containers.</summary>
    public static string? ImageOfService(this JsonElement service) => service.Text("Spec", "TaskTemplate", "ContainerSpec", "Image");

    /// <summary>The image that a task was made for.</summary>
    public static string ImageOfTask(this JsonElement task) => task.Word("Spec", "ContainerSpec", "Image");

    /// <summary>Whether it runs one task on each node that takes it.</summary>
    public static bool IsGlobal(this JsonElement service) => service.At("Spec", "Mode", "Global") is not null;

    /// <summary>Whether it runs to an end, and is done then.</summary>
    public static bool IsJob(this JsonElement service) =>
        service.At("Spec", "Mode", "ReplicatedJob") is not null || service.At("Spec", "Mode", "GlobalJob") is not null;

    /// <summary>How many replicas it is told to have; null for a global service.</summary>
    public static long? Replicas(this JsonElement service) => service.Number("Spec", "Mode", "Replicated", "Replicas");

    /// <summary>The state of its last update: <c>updating</c>, <c>paused</c>, <c>completed</c>, <c>rollback_started</c>,
    /// <c>rollback_paused</c>, <c>rollback_completed</c>; empty where there was none, or the manager has not begun it yet.</summary>
    public static string UpdateState(this JsonElement service) => service.Word("UpdateStatus", "State");

    /// <summary>Whether the manager is at work on an update, or on its own way back from one.</summary>
    public static bool IsUpdating(this JsonElement service) => service.UpdateState() is "updating" or "rollback_started";

    /// <summary>Whether the manager has given an update up, and waits for a person.</summary>
    public static bool IsPaused(this JsonElement service) => service.UpdateState() is "paused" or "rollback_paused";

    /// <summary>What the manager says of the update, in one line.</summary>
    public static string UpdateMessage(this JsonElement service) => OneLine(service.Word("UpdateStatus", "Message"));

    /// <summary>The state that a task is in.</summary>
    public static string State(this JsonElement task) => task.Word("Status", "State");

    /// <summary>Whether a task is meant to run, or to be made ready for it, and not to end.</summary>
    public static bool IsWanted(this JsonElement task) => task.Word("DesiredState") is "ready" or "running" or "accepted";

    /// <summary>Whether a task is meant to run, and runs. One with a health check is <c>starting</c> until it is healthy.</summary>
    public static bool IsRunning(this JsonElement task) => task.Word("DesiredState") == "running" && task.State() == "running";

    /// <summary>
    /// Whether a task ended by itself: its container ended or was never made. Who is told to end, ends <c>shutdown</c>; and what an engine
    /// no longer finds after it was started anew was taken away, and did not end.
    /// </summary>
    public static bool HasEnded(this JsonElement task) => task.State() is "complete" or "rejected"
        || (task.State() == "failed" && !task.Word("Status", "Err").StartsWith("No such container", StringComparison.Ordinal));

    /// <summary>
    /// Whether a task's container was started, and what it did then is its own. An image that is missing ends <c>rejected</c>, and a
    /// container that could not be started never was. Of one that is <c>starting</c> the manager does not know.
    /// </summary>
    public static bool HasRun(this JsonElement task) => task.State() switch
    {
        "running" or "complete" => true,
        "failed" => !task.Word("Status", "Err").StartsWith("starting container failed", StringComparison.Ordinal)
            && task.ContainerOfTask().Length > 0,
        _ => false,
    };

    /// <summary>The id of a task's container, on its node; empty where none was made.</summary>
    public static string ContainerOfTask(this JsonElement task) => task.Word("Status", "ContainerStatus", "ContainerID");

    /// <summary>The place that a task has in its service: one of the replicas, or a node.</summary>
    public static string Place(this JsonElement task) => task.Number("Slot") is > 0 and var slot
        ? slot.ToString(System.Globalization.CultureInfo.InvariantCulture) : task.Word("NodeID");

    /// <summary>A text of an engine in one line of at most 400 characters.</summary>
    public static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 400 ? line : line[..400] + "...";
    }
}
