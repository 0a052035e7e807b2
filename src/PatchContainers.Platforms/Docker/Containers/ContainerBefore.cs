using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>
/// How a container was before a change: one line of JSON in the journal. No setting of its owner's is in it, since variables may be
/// secrets: they are in the container itself, which is kept, and in its successor.
/// </summary>
internal sealed record ContainerBefore
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    };

    /// <summary>The container's id: what is changed is this one, and no other of its name.</summary>
    public required string Id { get; init; }

    /// <summary>The image's name.</summary>
    public required string Image { get; init; }

    /// <summary>The image's id.</summary>
    public required string ImageId { get; init; }

    /// <summary>What the image was pulled by, <c>name@sha256:...</c>; empty where it was not.</summary>
    public string Pulled { get; init; } = string.Empty;

    /// <summary>When the engine starts it again by itself.</summary>
    public required JsonNode RestartPolicy { get; init; }

    /// <summary>Whether it was healthy by its own check.</summary>
    public bool WasHealthy { get; init; }

    /// <summary>Writes it.</summary>
    public string ToText() => JsonSerializer.Serialize(this, Options);

    /// <summary>Reads it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no such text.</exception>
    public static ContainerBefore Parse(string text, string workload)
    {
        try
        {
            return JsonSerializer.Deserialize<ContainerBefore>(text, Options) ?? throw Invalid(null);
        }
        catch (JsonException e)
        {
            throw Invalid(e);
        }

        PatchException Invalid(JsonException? cause) => new(PatchErrorCode.InvalidData, workload,
            $"What was kept of {workload} before its change cannot be read: it was edited, or a newer version wrote it. Look with docker ps "
            + "-a for containers whose names hold 'patchcontainers', and put them in order by hand.", cause);
    }
}
