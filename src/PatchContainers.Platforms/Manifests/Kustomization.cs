using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Manifests;

/// <summary>
/// Recognises what decides about images without being a workload: a kustomization's <c>images</c>, and a JSON patch (RFC 6902) of an
/// image. What is built with them does not run the image that the manifest names, so a person must be told.
/// </summary>
internal static class Kustomization
{
    private const int NamesTold = 5;

    /// <summary>Reports the pins of a kustomization or patch; false for any other document.</summary>
    public static bool TryDescribe(ReadContext context, YamlDocument document)
    {
        switch (document.Root)
        {
            case YamlMapping root when IsKustomization(root):
                var pinned = ImagesOf(root).Select(image => image.Name).ToArray();
                if (pinned.Length > 0)
                {
                    context.Warn($"'{context.Path}' is a kustomization that sets {Names(pinned)} itself: what kustomize builds runs what "
                        + "it says, whatever the manifests name. It is not listed and not edited; change its 'images' by hand.");
                }
                else
                {
                    context.Verbose($"'{context.Path}' is a kustomization that sets no image.");
                }

                return true;
            case YamlSequence operations when Patches(operations).ToArray() is { Length: > 0 } patched:
                context.Warn($"'{context.Path}' is a JSON patch that sets {Names(patched)}: what is built with it runs that, whatever the "
                    + "manifests name. It is not listed and not edited.");
                return true;
            default:
                return false;
        }
    }

    private static bool IsKustomization(YamlMapping root) => root.Text("kind") is { } kind
        ? kind is "Kustomization" or "Component" && root.Text("apiVersion")?.StartsWith("kustomize.", StringComparison.Ordinal) == true
        : root["services"] is null && (root["resources"] is YamlSequence || ImagesOf(root).Any());

    /// <summary>The images that a kustomization sets, in its order.</summary>
    public static IEnumerable<KustomizationImage> ImagesOf(YamlMapping root)
    {
        // Flux has a kind of the same name, with the list in its spec.
        foreach (var item in ((root["images"] ?? (root["spec"] as YamlMapping)?["images"]) as YamlSequence)?.Items ?? [])
        {
            if (item.Resolved is YamlMapping image && image.Text("name") is { } name)
            {
                var set = new KustomizationImage(name, image.Text("newName"), image.Text("newTag"), image.Text("digest"),
                    image.Text("tagSuffix"), image.Line);
                if ((set.NewName ?? set.NewTag ?? set.Digest ?? set.TagSuffix) is not null)
                {
                    yield return set;
                }
            }
        }
    }

    private static IEnumerable<string> Patches(YamlSequence operations)
    {
        foreach (var item in operations.Items)
        {
            if (item.Resolved is YamlMapping operation && operation.Text("op") is "add" or "replace"
                && operation.Text("path")?.EndsWith("/image", StringComparison.Ordinal) == true && operation.Text("value") is { } value)
            {
                yield return value;
            }
        }
    }

    private static string Names(string[] names) => names.Length switch
    {
        1 => $"the image {names[0]}",
        <= NamesTold => $"the images {string.Join(", ", names)}",
        _ => $"the images {string.Join(", ", names.Take(NamesTold))} and {names.Length - NamesTold} more",
    };
}
