using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Inventory;

/// <summary>What an engine knows of the images that its containers run, each asked for once.</summary>
internal sealed class EngineImages(DockerClient client)
{
    private readonly Dictionary<string, JsonElement?> _images = new(StringComparer.Ordinal);

    /// <summary>
    /// The digest of an image that a container runs: the one that it was pulled by from the repository that is named, else its id. That is
    /// its configuration's, or its manifest's where the engine keeps images in containerd; the registry tells which.
    /// </summary>
    /// <param name="id">The image's id.</param>
    /// <param name="name">The image's name; the repository counts.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<string?> DigestAsync(string id, string name, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken).ConfigureAwait(false) is { } image
            && ImageReference.TryParse(name, out var reference, out _))
        {
            // The same image may have been pulled by several digests, of which the name says one now: its id is compared then.
            var pulled = image.Items("RepoDigests").Select(d => d.GetString() ?? string.Empty)
                .Select(d => ImageReference.TryParse(d, out var known, out _) && known.Name == reference.Name
                    ? known.Digest.ToString() : null)
                .OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
            if (pulled.Length == 1)
            {
                return pulled[0];
            }
        }

        return Digest.TryParse(id, out _) ? id : null;
    }

    /// <summary>
    /// What a task of a service runs. The manager writes the digest into the image when it could ask the registry; else the engine that
    /// runs the task knows. Null where neither does.
    /// </summary>
    public async Task<RanImage?> OfTaskAsync(JsonElement task, CancellationToken cancellationToken)
    {
        var image = task.Word("Spec", "ContainerSpec", "Image");
        if (ImageReference.TryParse(image, out var reference, out _) && !reference.Digest.IsEmpty)
        {
            return new RanImage(reference.Digest.ToString(), true);
        }

        try
        {
            return task.Text("Status", "ContainerStatus", "ContainerID") is { Length: > 0 } id
                && (await client.Containers.InspectAsync(id, cancellationToken).ConfigureAwait(false)).Text("Image") is { } imageId
                && await DigestAsync(imageId, image, cancellationToken).ConfigureAwait(false) is { } digest
                ? new RanImage(digest, digest != imageId) : null;
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Whether a container's image is told by its id, and not by a name.</summary>
    public static bool IsId(string name, string imageId) => name.Length == 0 || name.StartsWith("sha256:", StringComparison.Ordinal)
        || (name.Length >= 12 && imageId.StartsWith("sha256:" + name, StringComparison.Ordinal));

    /// <summary>A name of an image that has one; null where it has none, or is gone.</summary>
    public async Task<string?> NameAsync(string id, CancellationToken cancellationToken)
    {
        var image = await FindAsync(id, cancellationToken).ConfigureAwait(false);
        return image?.Items("RepoTags").Concat(image.Value.Items("RepoDigests")).Select(n => n.GetString())
            .FirstOrDefault(n => n is not null && !n.StartsWith("<none>", StringComparison.Ordinal));
    }

    private async Task<JsonElement?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!_images.TryGetValue(id, out var image))
        {
            try
            {
                image = await client.Images.InspectAsync(id, cancellationToken).ConfigureAwait(false);
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
            {
                // It was removed by force while its container runs.
                image = null;
            }

            _images[id] = image;
        }

        return image;
    }
}
