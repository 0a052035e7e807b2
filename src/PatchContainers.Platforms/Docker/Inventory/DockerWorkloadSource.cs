using System.Runtime.CompilerServices;
using System.Text.Json;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;

namespace PatchContainers.Platforms.Docker.Inventory;

/// <summary>The containers that an engine runs.</summary>
internal sealed class DockerWorkloadSource : IWorkloadSource
{
    private const string Activity = "Listing containers";

    private readonly DockerEndpoint _endpoint;
    private readonly DockerInventoryOptions _options;
    private readonly LabelSelector _selector;

    /// <summary>Nothing is asked yet.</summary>
    /// <exception cref="PatchException">The selector cannot be read.</exception>
    public DockerWorkloadSource(DockerEndpoint endpoint, DockerInventoryOptions options)
    {
        (_endpoint, _options, _selector) = (endpoint, options, new LabelSelector(options.Selector));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Workload> ListAsync(IProgress<PatchNotice> notices,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(notices);
        using var client = new DockerClient(_endpoint, new DockerClientOptions { TimeProvider = _options.TimeProvider, Notices = notices });
        var containers = (await client.Containers.ListAsync(false, null, cancellationToken).ConfigureAwait(false))
            .Where(c => _selector.Takes(c.Texts("Labels"))).OrderBy(c => c.ListedName(), StringComparer.Ordinal).ToArray();
        var images = new EngineImages(client);
        for (var i = 0; i < containers.Length; i++)
        {
            notices.Report(new PatchNotice.Progress(Activity, containers[i].ListedName(), i * 100 / containers.Length));
            if (await ReadAsync(client, images, containers[i], notices, cancellationToken).ConfigureAwait(false) is { } workload)
            {
                yield return workload;
            }
        }

        if (containers.Length == 0)
        {
            notices.Report(new PatchNotice.Warning($"No container was found in the engine {_endpoint.Name}."));
        }
    }

    private async Task<Workload?> ReadAsync(DockerClient client, EngineImages images, JsonElement container, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken)
    {
        var name = container.ListedName();
        var id = new DockerWorkloadId(DockerWorkloadId.Docker, _endpoint.Name, name);
        var labels = container.Texts("Labels");
        try
        {
            var imageId = container.Text("ImageID") ?? string.Empty;
            var image = await ImageOfAsync(client, images, container, imageId, cancellationToken).ConfigureAwait(false)
                ?? throw new PatchException(PatchErrorCode.NotSupported, id.ToString(), $"{id} runs the image {imageId}, which has no name in "
                    + "the engine: nothing tells what it is compared with. Start the container from a named image.");
            var digest = await images.DigestAsync(imageId, image, cancellationToken).ConfigureAwait(false);
            return new Workload
            {
                Id = id.ToString(),
                Platform = DockerWorkloadId.Docker,
                Context = _endpoint.Name,
                Namespace = labels.GetValueOrDefault("com.docker.compose.project")
                    ?? labels.GetValueOrDefault("com.docker.stack.namespace") ?? string.Empty,
                Kind = "Container",
                Name = name,
                Image = image,
                RunningDigests = digest is null ? [] : [digest],
                Labels = labels,
                ChangedFiles = await ChangesAsync(client, container, id, notices, cancellationToken).ConfigureAwait(false),
            };
        }
        catch (PatchException e) when (e.Code is PatchErrorCode.NotFound or PatchErrorCode.NotSupported or PatchErrorCode.Conflict)
        {
            // One that ended meanwhile is no fault of the others.
            notices.Report(new PatchNotice.Failure(e));
            return null;
        }
    }

    private async Task<IReadOnlyList<string>> ChangesAsync(DockerClient client, JsonElement container, DockerWorkloadId id,
        IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        try
        {
            var changes = await client.Containers.ChangesAsync(container.Text("Id") ?? id.Name, cancellationToken).ConfigureAwait(false);
            return ChangedFiles.Of(changes, container.Items("Mounts").Select(m => m.Text("Destination")).OfType<string>(), _options.IgnoredChanges);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.ChangeFailed)
        {
            // The engine lives, and cannot tell of this one.
            notices.Report(new PatchNotice.Failure(new PatchException(e.Code, id.ToString(),
                $"{id}: whether its files are still those of its image is not known. {e.Message}", e)));
            return [];
        }
    }

    // A list tells the image's id where its name has moved on to another image; the container itself knows what it was made from.
    private static async Task<string?> ImageOfAsync(DockerClient client, EngineImages images, JsonElement container, string imageId,
        CancellationToken cancellationToken)
    {
        var name = container.Text("Image") ?? string.Empty;
        if (EngineImages.IsId(name, imageId))
        {
            var inspected = await client.Containers.InspectAsync(container.Text("Id") ?? string.Empty, cancellationToken)
                .ConfigureAwait(false);
            name = inspected.Text("Config", "Image") ?? string.Empty;
        }

        return EngineImages.IsId(name, imageId) ? await images.NameAsync(imageId, cancellationToken).ConfigureAwait(false) : name;
    }
}
