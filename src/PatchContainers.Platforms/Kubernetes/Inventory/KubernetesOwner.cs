using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>The object that made another one and rules over it (<c>ownerReferences</c> with <c>controller: true</c>).</summary>
internal readonly record struct KubernetesOwner(string Kind, string Name, string Uid)
{
    /// <summary>The owner of an object; null where it has none. A node owns the pods of its static manifests, but is no workload.</summary>
    public static KubernetesOwner? Of(JsonElement item)
    {
        foreach (var owner in item.Items("metadata", "ownerReferences"))
        {
            if (owner.IsTrue("controller") && owner.Text("kind") is { } kind && kind != "Node" && owner.Text("uid") is { } uid)
            {
                return new KubernetesOwner(kind, owner.Text("name") ?? string.Empty, uid);
            }
        }

        return null;
    }
}
