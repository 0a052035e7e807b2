using PatchContainers.Inventory;

namespace PatchContainers.Scanning.Reports;

/// <summary>A workload, as reports of what runs in a cluster name it.</summary>
internal static class ClusterWorkload
{
    /// <summary>Makes the record. What the report does not say is empty in it, and in its id.</summary>
    public static Workload Of(string cluster, string space, string kind, string name, string container, string image) => new()
    {
        Id = $"kubernetes://{WorkloadIdText.Escape(cluster)}/{WorkloadIdText.Escape(space)}/{WorkloadIdText.Escape(kind)}/"
            + WorkloadIdText.Escape(name) + (container.Length > 0 ? "#" + WorkloadIdText.Escape(container) : string.Empty),
        Platform = "Kubernetes",
        Context = cluster,
        Namespace = space,
        Kind = kind,
        Name = name,
        Container = container,
        Image = image,
    };
}
