using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>One field of a strategy: what it was, and what a canary sets it to.</summary>
/// <param name="Pointer">Its JSON pointer.</param>
/// <param name="Original">What it was; null where it was absent.</param>
/// <param name="Canary">What a canary sets it to.</param>
internal sealed record StrategyField(string Pointer, JsonNode? Original, JsonNode Canary);

/// <summary>
/// How a workload was before a change: one line of JSON in the journal, written before the workload is. With a canary, the fields of the
/// strategy stand in an annotation of the workload too, for as long as they are altered: whoever comes next can restore them.
/// </summary>
internal sealed record WorkloadState
{
    /// <summary>Names the annotation that holds <see cref="Strategy"/> while a canary is under way.</summary>
    public const string Annotation = "patchcontainers/canary";

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The image string before.</summary>
    public required string Image { get; init; }

    /// <summary>What the pods of that image ran, as their nodes report it (<c>imageID</c>), what most ran first.</summary>
    public IReadOnlyList<string> Running { get; init; } = [];

    /// <summary>The object's version: it tells this change from an earlier one of the same image.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>When its progress deadline had passed already: of an earlier rollout, that says nothing of this one.</summary>
    public string OverdueSince { get; init; } = string.Empty;

    /// <summary>How many pods it was to have; 0 for what has no such number.</summary>
    public long Replicas { get; init; }

    /// <summary>How many pods the canary has; 0 without one.</summary>
    public int CanaryCount { get; init; }

    /// <summary>What the canary alters; empty without one.</summary>
    public IReadOnlyList<StrategyField> Strategy { get; init; } = [];

    /// <summary>Writes it.</summary>
    public string ToText() => JsonSerializer.Serialize(this, s_options);

    /// <summary>Reads it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no such text.</exception>
    public static WorkloadState Parse(string text, string workload) => Read<WorkloadState>(text, workload);

    /// <summary>Writes the fields for the annotation.</summary>
    public static string ToText(IReadOnlyList<StrategyField> fields) => JsonSerializer.Serialize(fields, s_options);

    /// <summary>Reads the fields of the annotation.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no such text.</exception>
    public static IReadOnlyList<StrategyField> ParseFields(string text, string workload)
    {
        var fields = Read<StrategyField[]>(text, workload);

        // An annotation is anybody's to write, and what it names is written back: nothing but a strategy may be.
        return Array.TrueForAll(fields, f => f is { Pointer: not null, Canary: not null } && CanaryStrategy.Alters(f.Pointer)) ? fields
            : throw Invalid(workload, null);
    }

    private static T Read<T>(string text, string workload)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text, s_options) ?? throw Invalid(workload, null);
        }
        catch (JsonException e)
        {
            throw Invalid(workload, e);
        }
    }

    private static PatchException Invalid(string workload, JsonException? cause) => new(PatchErrorCode.InvalidData, workload,
        $"What was kept of {workload} before its change cannot be read: it was edited, or a newer version wrote it. Compare its strategy "
        + $"with its manifest, and remove the annotation '{Annotation}' if it has one.", cause);
}
