using System.Text.Json;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;

namespace PatchContainers.Platforms.Docker.Compose;

/// <summary>The containers of a Compose project on an engine, told by the labels that Compose gives them.</summary>
internal sealed class ProjectContainers(DockerClient client, string project)
{
    private const string Project = "com.docker.compose.project";
    private const string Service = "com.docker.compose.service";
    private const string OneOff = "com.docker.compose.oneoff";

    /// <summary>A service's containers, as the engine lists them, by name; all that are there where no service is named.</summary>
    /// <param name="service">The service; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string? service, CancellationToken cancellationToken)
    {
        var labels = new List<string> { $"{Project}={project}" };
        if (service is not null)
        {
            labels.Add($"{Service}={service}");
        }

        var listed = await client.Containers.ListAsync(true, new Dictionary<string, IReadOnlyList<string>> { ["label"] = labels },
            cancellationToken).ConfigureAwait(false);

        // What "run" started ends by itself, and what a rollout keeps for the way back is no longer the service's.
        return [.. listed.Where(c => !string.Equals(c.Text("Labels", OneOff), "true", StringComparison.OrdinalIgnoreCase))
            .Where(c => !ContainerMarks.IsKept(c.ListedName())).OrderBy(c => c.ListedName(), StringComparer.Ordinal)];
    }

    /// <summary>The service that a listed container belongs to.</summary>
    public static string ServiceOf(JsonElement container) => container.Text("Labels", Service) ?? string.Empty;
}
