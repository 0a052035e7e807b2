using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Compose;

/// <summary>A service's containers before a change: one line of JSON in the journal.</summary>
/// <param name="Containers">What each one was, by its name.</param>
internal sealed record ComposeBefore(IReadOnlyDictionary<string, string> Containers)
{
    /// <summary>Reads it; no containers where nothing was prepared.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the journal holds something else.</exception>
    public static ComposeBefore Parse(string text, string workload)
    {
        try
        {
            return new ComposeBefore(text.Length == 0 ? new Dictionary<string, string>()
                : JsonSerializer.Deserialize<Dictionary<string, string>>(text) ?? throw new JsonException("It is null."));
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, workload,
                $"The journal does not say what the containers of {workload} were: {e.Message}", e);
        }
    }

    /// <summary>Writes it.</summary>
    public string ToText() => JsonSerializer.Serialize(Containers);
}
