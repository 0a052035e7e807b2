using System.Text.Json;
using System.Text.Json.Serialization;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>How a service was before a change: one line of JSON in the journal, written before the service is.</summary>
internal sealed record SwarmState
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The image string before.</summary>
    public required string Image { get; init; }

    /// <summary>What the tasks of that image ran, what most ran first.</summary>
    public IReadOnlyList<RanImage> Running { get; init; } = [];

    /// <summary>The service's version: it tells this change from an earlier one of the same image.</summary>
    public long Version { get; init; }

    /// <summary>When the last update before this change began, as the manager writes it; empty where there was none.</summary>
    public string UpdatedAt { get; init; } = string.Empty;

    /// <summary>Tasks of the new image that had ended already: those of an earlier change say nothing of this one.</summary>
    public IReadOnlyList<string> Ended { get; init; } = [];

    /// <summary>How many tasks the canary has; 0 without one.</summary>
    public int CanaryCount { get; init; }

    /// <summary>What the change alters of the service's UpdateConfig; null where nothing.</summary>
    public UpdateSettings? Settings { get; init; }

    /// <summary>Writes it.</summary>
    public string ToText() => JsonSerializer.Serialize(this, s_options);

    /// <summary>Reads what a change has of it; null where nothing was read before the change.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no such text.</exception>
    public static SwarmState? Of(RolloutChange change)
    {
        try
        {
            return change.Before.Length == 0 ? null
                : JsonSerializer.Deserialize<SwarmState>(change.Before, s_options) ?? throw Invalid(null);
        }
        catch (JsonException e)
        {
            throw Invalid(e);
        }

        PatchException Invalid(JsonException? cause) => new(PatchErrorCode.InvalidData, change.Workload,
            $"What was kept of {change.Workload} before its change cannot be read: it was edited, or a newer version wrote it. Compare its "
                + $"UpdateConfig with its stack file, and remove the label '{UpdateSettings.Label}' if it has one.", cause);
    }
}
