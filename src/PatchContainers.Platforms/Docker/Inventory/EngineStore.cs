using PatchContainers.Images;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Stores.DockerEngine;

namespace PatchContainers.Platforms.Docker.Inventory;

/// <summary>The images of an engine, as images are read everywhere.</summary>
/// <param name="endpoint">The engine.</param>
internal sealed class EngineStore(DockerEndpoint endpoint) : IEngineImages
{
    private readonly DockerClient _client = new(endpoint);

    /// <inheritdoc/>
    public async Task<string> FindAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        var image = await _client.Images.InspectAsync(NameOf(reference), cancellationToken).ConfigureAwait(false);
        return image.Text("Id") ?? throw new PatchException(PatchErrorCode.ProtocolError, reference.ToString(),
            $"{reference}: the engine {endpoint.Name} tells no id of it.");
    }

    /// <inheritdoc/>
    public Task<Stream> SaveAsync(string id, CancellationToken cancellationToken = default) =>
        _client.Images.SaveAsync(id, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    // The engine has no transports, and adds the default registry itself.
    private static string NameOf(ImageReference reference) => reference.Name
        + (reference.Tag is { } tag ? $":{tag}" : string.Empty) + (reference.Digest.IsEmpty ? string.Empty : $"@{reference.Digest}");
}
