using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// Makes the patches that change an image. Each carries <c>test</c> operations on what was read, so that another writer's change in between
/// is a conflict, and is not overwritten.
/// </summary>
internal static class ImagePatch
{
    /// <summary>Why the Deployment's last revision was made: <c>kubectl rollout history</c> shows it.</summary>
    public const string ChangeCause = "kubernetes.io/change-cause";

    /// <summary>What this product wrote last, and why.</summary>
    public const string OurChange = "patchcontainers/rollout";

    private const string Annotations = "/metadata/annotations";

    /// <summary>
    /// A patch that is refused where the container holds another image by then, or anything at all was written since the object was read.
    /// </summary>
    public static JsonPatch Guarded(JsonElement workload, ContainerSlot slot) => new JsonPatch()
        .Test(slot.Pointer + "/name", slot.Name).Test(slot.Pointer + "/image", slot.Image)
        .Test("/metadata/resourceVersion", workload.Word("metadata", "resourceVersion"));

    /// <summary>The patch that replaces the image in a container, and says why.</summary>
    /// <param name="workload">The object as it was read.</param>
    /// <param name="slot">The container, with the image it holds now.</param>
    /// <param name="image">The image it shall hold.</param>
    /// <param name="cause">Why, in one line.</param>
    /// <param name="more">More annotations.</param>
    public static JsonPatch Of(JsonElement workload, ContainerSlot slot, string image, string cause,
        params ReadOnlySpan<KeyValuePair<string, string>> more)
    {
        var patch = Guarded(workload, slot).Replace(slot.Pointer + "/image", image);
        Annotate(patch, workload, [new(ChangeCause, cause), new(OurChange, cause), .. more]);
        return patch;
    }

    /// <summary>Says what was decided about an object whose image stays as it is: its version is another from then on.</summary>
    public static void Note(JsonPatch patch, JsonElement workload, string cause) => Annotate(patch, workload, [new(OurChange, cause)]);

    /// <summary>Takes an annotation away, if it is there.</summary>
    public static void RemoveAnnotation(JsonPatch patch, JsonElement workload, string name)
    {
        // Without a test of its value: some servers (1.20) compare texts as they are escaped, and not as they are.
        if (workload.Annotation(name) is not null)
        {
            patch.Remove($"{Annotations}/{JsonPatch.Escape(name)}");
        }
    }

    private static void Annotate(JsonPatch patch, JsonElement workload, ReadOnlySpan<KeyValuePair<string, string>> annotations)
    {
        var map = new JsonObject();
        foreach (var (name, value) in annotations)
        {
            map[name] = value;
        }

        if (workload.At("metadata", "annotations") is not { ValueKind: JsonValueKind.Object })
        {
            // Nobody adds one meanwhile: the version is tested.
            patch.Set(Annotations, map);
            return;
        }

        foreach (var (name, value) in map)
        {
            patch.Set($"{Annotations}/{JsonPatch.Escape(name)}", value!);
        }
    }
}
