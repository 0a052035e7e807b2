using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>
/// A service's specification as it is to be written: all of it, as the manager sent it, with the image, the UpdateConfig and labels of
/// this product's own changed. Labels of the service do not make its tasks anew; everything in its TaskTemplate does.
/// </summary>
internal sealed class SwarmEdit
{
    /// <summary>Names the label that says what this product wrote last, and why.</summary>
    public const string OurChange = "patchcontainers/rollout";

    private readonly JsonObject _original;

    /// <param name="service">The service as it was read.</param>
    public SwarmEdit(JsonElement service)
    {
        _original = Parse(service, "Spec") ?? throw new PatchException(PatchErrorCode.ProtocolError, service.Word("ID"),
            $"The service {service.Word("ID")} has no specification: this engine is not as expected.");
        Spec = (JsonObject)_original.DeepClone();
    }

    /// <summary>The specification as it is to be.</summary>
    public JsonObject Spec { get; }

    /// <summary>Whether anything is to be written.</summary>
    public bool HasWrites => !JsonNode.DeepEquals(_original, Spec);

    /// <summary>The UpdateConfig; null for none.</summary>
    public JsonObject? UpdateConfig
    {
        get => Spec[nameof(UpdateConfig)] as JsonObject;
        set
        {
            if (value is null)
            {
                Spec.Remove(nameof(UpdateConfig));
            }
            else if (!JsonNode.DeepEquals(Spec[nameof(UpdateConfig)], value))
            {
                Spec[nameof(UpdateConfig)] = value.DeepClone();
            }
        }
    }

    /// <summary>The UpdateConfig of a service as it was read; null for none.</summary>
    public static JsonObject? UpdateConfigOf(JsonElement service) => Parse(service, "Spec", nameof(UpdateConfig));

    /// <summary>Sets the image.</summary>
    public SwarmEdit Image(string image)
    {
        Spec["TaskTemplate"]!["ContainerSpec"]!["Image"] = image;
        return this;
    }

    /// <summary>Sets a label of the service; null takes it away.</summary>
    public SwarmEdit Label(string name, string? value)
    {
        if (value is not null)
        {
            if (Spec["Labels"] is not JsonObject)
            {
                Spec["Labels"] = new JsonObject();
            }

            Spec["Labels"]![name] = value;
        }
        else if (Spec["Labels"] is JsonObject labels)
        {
            labels.Remove(name);
        }

        return this;
    }

    /// <summary>Whether the manager itself has this as the specification before, apart from what this product noted there.</summary>
    public bool IsPrevious(JsonElement service) => Parse(service, "PreviousSpec") is { } previous
        && JsonNode.DeepEquals(WithoutNote(previous), WithoutNote((JsonObject)Spec.DeepClone()));

    private static JsonObject WithoutNote(JsonObject spec)
    {
        (spec["Labels"] as JsonObject)?.Remove(OurChange);
        if (spec["Labels"] is null or JsonObject { Count: 0 })
        {
            spec.Remove("Labels");
        }

        return spec;
    }

    private static JsonObject? Parse(JsonElement service, params string[] path) =>
        service.At(path) is { ValueKind: JsonValueKind.Object } found ? JsonObject.Create(found) : null;
}
