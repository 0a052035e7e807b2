using System.Text.Json;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>What a change is about: a service of a swarm, and a manager of that.</summary>
internal sealed record SwarmTarget(DockerClient Client, DockerWorkloadId Id)
{
    /// <summary>The service, as a sentence names it.</summary>
    public string Object => $"Service {Id.Name}";

    /// <summary>Finds the engine of a change's service. Nothing is asked yet.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the change names no service; and as
    /// <see cref="DockerClients.Of"/> says.</exception>
    public static SwarmTarget Of(RolloutChange change, Func<string, DockerClient> clients)
    {
        var id = DockerWorkloadId.Parse(change.Workload);
        return id.Platform == DockerWorkloadId.Swarm ? new SwarmTarget(clients(id.Host), id)
            : throw new PatchException(PatchErrorCode.InvalidArgument, change.Workload, $"{change.Workload} is no service of a swarm.");
    }

    /// <summary>Reads the service.</summary>
    public Task<JsonElement> GetAsync(CancellationToken cancellationToken) => Client.Swarm.ServiceAsync(Id.Name, cancellationToken);

    /// <summary>Lists the service's tasks, also those that have ended and that the manager still remembers.</summary>
    public Task<IReadOnlyList<JsonElement>> TasksAsync(JsonElement service, CancellationToken cancellationToken) =>
        Client.Swarm.TasksAsync(new Dictionary<string, IReadOnlyList<string>> { ["service"] = [service.Word("ID")] }, cancellationToken);
}
