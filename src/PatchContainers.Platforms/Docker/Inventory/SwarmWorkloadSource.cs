using System.Runtime.CompilerServices;
using System.Text.Json;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Client;

namespace PatchContainers.Platforms.Docker.Inventory;

/// <summary>The services of the swarm that an engine manages, with what their tasks run.</summary>
internal sealed class SwarmWorkloadSource : IWorkloadSource
{
    private const string Activity = "Listing services";

    private readonly DockerEndpoint _endpoint;
    private readonly DockerInventoryOptions _options;
    private readonly LabelSelector _selector;

    /// <summary>Nothing is asked yet.</summary>
    /// <exception cref="PatchException">The selector cannot be read.</exception>
    public SwarmWorkloadSource(DockerEndpoint endpoint, DockerInventoryOptions options)
    {
        (_endpoint, _options, _selector) = (endpoint, options, new LabelSelector(options.Selector));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Workload> ListAsync(IProgress<PatchNotice> notices,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(notices);
        using var client = new DockerClient(_endpoint, new DockerClientOptions { TimeProvider = _options.TimeProvider, Notices = notices });
        notices.Report(new PatchNotice.Progress(Activity, _endpoint.Name, null));
        var services = (await client.Swarm.ServicesAsync(null, cancellationToken).ConfigureAwait(false))
            .Where(s => _selector.Takes(s.Texts("Spec", "Labels"))).OrderBy(s => s.Text("Spec", "Name"), StringComparer.Ordinal).ToArray();
        var tasks = services.Length == 0 ? null : (await client.Swarm.TasksAsync(null, cancellationToken).ConfigureAwait(false))
            .Where(t => t.Text("Status", "State") == "running").ToLookup(t => t.Text("ServiceID"), StringComparer.Ordinal);
        var images = new EngineImages(client);
        foreach (var service in services)
        {
            var digests = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var task in tasks![service.Text("ID")])
            {
                if (await images.OfTaskAsync(task, cancellationToken).ConfigureAwait(false) is { } ran)
                {
                    digests.Add(ran.Digest);
                }
                else
                {
                    notices.Report(new PatchNotice.Warning($"What the task {task.Text("ID")} of the service {service.Text("Spec", "Name")} "
                        + "runs is not known: its image has no digest, and it is on another node. Update the service from a registry."));
                }
            }

            if (Read(service, [.. digests]) is { } workload)
            {
                yield return workload;
            }
        }

        if (services.Length == 0)
        {
            notices.Report(new PatchNotice.Warning($"No service was found in the swarm of the engine {_endpoint.Name}."));
        }
    }

    private Workload? Read(JsonElement service, IReadOnlyList<string> digests)
    {
        // Plugins and attached networks are services without containers.
        if (service.Text("Spec", "Name") is not { } name || service.Text("Spec", "TaskTemplate", "ContainerSpec", "Image") is not { } image)
        {
            return null;
        }

        var labels = service.Texts("Spec", "Labels");
        return new Workload
        {
            Id = new DockerWorkloadId(DockerWorkloadId.Swarm, _endpoint.Name, name).ToString(),
            Platform = DockerWorkloadId.Swarm,
            Context = _endpoint.Name,
            Namespace = labels.GetValueOrDefault("com.docker.stack.namespace") ?? string.Empty,
            Kind = KindOf(service),
            Name = name,
            Image = image,
            RunningDigests = digests,
            Labels = labels,
        };
    }

    private static string KindOf(JsonElement service) =>
        service.At("Spec", "Mode", "Global") is not null ? "GlobalService"
        : service.At("Spec", "Mode", "ReplicatedJob") is not null ? "ReplicatedJob"
        : service.At("Spec", "Mode", "GlobalJob") is not null ? "GlobalJob"
        : "Service";
}
