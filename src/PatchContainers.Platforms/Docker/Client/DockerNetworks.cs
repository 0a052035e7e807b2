using System.Text.Json;
using System.Text.Json.Nodes;
using static PatchContainers.Platforms.Docker.Client.DockerQuery;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>The networks of an engine.</summary>
internal sealed class DockerNetworks(DockerConnection connection)
{
    /// <summary>Reads one network.</summary>
    /// <param name="network">Its name or id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<JsonElement> InspectAsync(string network, CancellationToken cancellationToken) => connection.ObjectAsync(
        DockerCall.Get($"networks/{Segment(network)}", $"read network {network}", $"network {network}"), cancellationToken);

    /// <summary>Connects a container to a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="container">The container.</param>
    /// <param name="endpoint">Its aliases, fixed addresses and links there, as <c>EndpointConfig</c>; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task ConnectAsync(string network, string container, JsonObject? endpoint, CancellationToken cancellationToken)
    {
        var content = new JsonObject { ["Container"] = container };
        if (endpoint is not null)
        {
            content["EndpointConfig"] = endpoint.DeepClone();
        }

        return PostAsync(network, "connect", $"connect container {container} to network {network}", content, cancellationToken);
    }

    /// <summary>Takes a container from a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="container">The container.</param>
    /// <param name="force">Whether also where the container is gone.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task DisconnectAsync(string network, string container, bool force, CancellationToken cancellationToken) =>
        PostAsync(network, "disconnect", $"disconnect container {container} from network {network}",
            new JsonObject { ["Container"] = container, ["Force"] = force }, cancellationToken);

    private Task<bool> PostAsync(string network, string action, string purpose, JsonObject content, CancellationToken cancellationToken) =>
        connection.DoneAsync(DockerCall.Post($"networks/{Segment(network)}/{action}", purpose, $"network {network}") with
        {
            Body = DockerCalls.Bytes(content),
        }, cancellationToken);
}
