using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>What a change is about: a container of an engine, by its name.</summary>
internal sealed record ContainerTarget(DockerClient Client, DockerWorkloadId Id)
{
    /// <summary>The container's name.</summary>
    public string Name => Id.Name;

    /// <summary>Finds the engine of a change's workload.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the change names no container; and as the client
    /// says.</exception>
    public static ContainerTarget Of(RolloutChange change, Func<string, DockerClient> clients)
    {
        var id = DockerWorkloadId.Parse(change.Workload);
        return new ContainerTarget(clients(id.Host), id);
    }

    /// <summary>Reads a container by its id; null where there is none.</summary>
    public Task<JsonElement?> FindAsync(string id, CancellationToken cancellationToken) =>
        OrNullAsync(Client.Containers.InspectAsync(id, cancellationToken));

    /// <summary>Reads an image; null where the engine has none of that name or id.</summary>
    public Task<JsonElement?> FindImageAsync(string image, CancellationToken cancellationToken) =>
        OrNullAsync(Client.Images.InspectAsync(image, cancellationToken));

    /// <summary>Reads the container that has the name now; null where none has.</summary>
    public async Task<JsonElement?> FindHolderAsync(CancellationToken cancellationToken)
    {
        // A name is looked for among ids, too.
        var found = await FindAsync(Name, cancellationToken).ConfigureAwait(false);
        return found is { } holder && holder.Name() == Name ? found : null;
    }

    /// <summary>Reads the <c>Config</c> of the image that a container was made from.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotSupported"/>: it was removed by force, so that nothing tells what the
    /// owner set and what the image brought.</exception>
    public async Task<JsonObject> ImageConfigAsync(JsonElement container, CancellationToken cancellationToken)
    {
        var image = container.Text("Image") ?? string.Empty;
        return (await FindImageAsync(image, cancellationToken).ConfigureAwait(false))?.Object("Config")
            ?? throw new PatchException(PatchErrorCode.NotSupported, Id.ToString(), $"The image {image} of {Id} is no longer in the engine: "
                + "nothing tells what its owner set and what the image brought. Pull it again by its digest, or recreate the container.");
    }

    private static async Task<JsonElement?> OrNullAsync(Task<JsonElement> reading)
    {
        try
        {
            return await reading.ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
        {
            return null;
        }
    }
}
