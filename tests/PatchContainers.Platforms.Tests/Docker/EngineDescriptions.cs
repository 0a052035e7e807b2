using PatchContainers.TestKit;
using PatchContainers.TestKit.ApiDescriptions;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>The published descriptions of the Engine API, one for each of its versions (Swagger 2.0).</summary>
internal static class EngineDescriptions
{
    // Null stands for an empty list or mapping nearly everywhere, and names of images hold slashes.
    private static readonly ApiDescriptionOptions Options = new() { IsLoose = true, SlashedPaths = "/images/" };

    /// <summary>The versions whose descriptions are there.</summary>
    public static IReadOnlyList<string> Versions => ConformanceData.Find("apis", "docker") is { } folder
        ? Directory.EnumerateFiles(folder, "engine-api-v*.yaml.gz")
            .Select(f => Path.GetFileName(f)["engine-api-v".Length..^".yaml.gz".Length]).Order(StringComparer.Ordinal).ToArray()
        : [];

    public static ApiDescription Read(string version) =>
        ApiDescription.Read(ConformanceData.Find("apis", "docker", $"engine-api-v{version}.yaml.gz")!, Options);
}
