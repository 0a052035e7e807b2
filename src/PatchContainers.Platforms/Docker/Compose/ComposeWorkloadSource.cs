using System.Runtime.CompilerServices;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Compose;

/// <summary>The services of a Compose file that run as a project on an engine, each after those that it waits for.</summary>
/// <param name="endpoint">The engine.</param>
/// <param name="path">The Compose file.</param>
/// <param name="named">The project's name; empty for what Compose would call it.</param>
/// <param name="limits">How much of the file is read.</param>
internal sealed class ComposeWorkloadSource(DockerEndpoint endpoint, string path, string named, YamlLimits limits) : IWorkloadSource
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<Workload> ListAsync(IProgress<PatchNotice> notices,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(notices);
        var project = await Task.Run(() => ComposeProject.Read(path, named, limits, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        var services = new Dictionary<string, Workload>(StringComparer.Ordinal);
        await foreach (var workload in new FileWorkloadSource(path, limits).ListAsync(notices, cancellationToken).ConfigureAwait(false))
        {
            if (workload.Platform == FilePlatforms.Compose)
            {
                services[workload.Name] = workload;
            }
        }

        using var client = new DockerClient(endpoint, new DockerClientOptions { Notices = notices });
        var containers = (await new ProjectContainers(client, project.Name).ListAsync(null, cancellationToken).ConfigureAwait(false))
            .Where(c => c.Text("State") == "running").ToLookup(ProjectContainers.ServiceOf, StringComparer.Ordinal);
        if (containers.Count == 0)
        {
            notices.Report(new PatchNotice.Warning($"No container of the Compose project '{project.Name}' runs in the engine {endpoint.Name}."));
        }

        var images = new EngineImages(client);
        foreach (var service in project.Order.Where(services.ContainsKey))
        {
            var digests = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var container in containers[service])
            {
                if (await images.DigestAsync(container.Text("ImageID") ?? string.Empty, services[service].Image, cancellationToken)
                    .ConfigureAwait(false) is { } digest)
                {
                    digests.Add(digest);
                }
            }

            yield return services[service] with
            {
                Platform = RingTarget.Compose,
                Context = endpoint.Name,
                Namespace = project.Name,
                RunningDigests = [.. digests],
            };
        }
    }
}
