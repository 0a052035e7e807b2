namespace PatchContainers.Platforms.Files;

/// <summary>The platform names of workloads in files (<see cref="PatchContainers.Inventory.Workload.Platform"/>).</summary>
internal static class FilePlatforms
{
    public const string Manifest = "Manifest";
    public const string Compose = "Compose";
}
