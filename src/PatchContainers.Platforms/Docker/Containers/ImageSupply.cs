using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>Brings images into an engine, and names those that it has.</summary>
internal sealed class ImageSupply(ContainerTarget target, RolloutChange change)
{
    /// <summary>Pulls an image by its digest, unless the engine has it.</summary>
    /// <param name="image"><c>name:tag@sha256:...</c>.</param>
    /// <param name="like">An image of the platform that is wanted; null for the engine's own.</param>
    /// <param name="cancellationToken">Cancels, and the engine stops pulling.</param>
    /// <exception cref="PatchException">It cannot be pulled.</exception>
    public async Task PullAsync(string image, JsonElement? like, CancellationToken cancellationToken)
    {
        var reference = ImageReference.Parse(image);
        if (await target.FindImageAsync(image, cancellationToken).ConfigureAwait(false) is not null)
        {
            return;
        }

        var auth = change.Login?.Invoke(reference) is { } login ? DockerAuth.Encode(login, reference.Registry) : string.Empty;
        var platform = await PlatformAsync(like, cancellationToken).ConfigureAwait(false);
        await foreach (var _ in target.Client.Images.PullAsync(reference.Name, reference.Digest.ToString(), platform, auth,
            cancellationToken).ConfigureAwait(false))
        {
        }
    }

    /// <summary>A name by which the image that ran before can be run again: its own where that still means it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: it is gone, and nothing brings it back.</exception>
    public async Task<RollbackImage> OldAsync(ContainerBefore before, CancellationToken cancellationToken)
    {
        if (await IsAsync(before.Image, before.ImageId, cancellationToken).ConfigureAwait(false))
        {
            return new RollbackImage(before.Image, string.Empty);
        }

        var pinned = Pinned(before);
        if (pinned.Length > 0 && await IsAsync(pinned, before.ImageId, cancellationToken).ConfigureAwait(false))
        {
            return new RollbackImage(pinned, $"{before.Image} names another image now: it was pinned to the digest that ran.");
        }

        if (await target.FindImageAsync(before.ImageId, cancellationToken).ConfigureAwait(false) is not null)
        {
            return new RollbackImage(before.ImageId, $"{before.Image} names another image now: the one that ran is named by its id.");
        }

        if (pinned.Length == 0)
        {
            throw new PatchException(PatchErrorCode.NotFound, before.Image, $"The image that ran as {before.Image} is no longer in the "
                + $"engine ({before.ImageId}), and was not pulled by a digest. Load or build it, and undo again.");
        }

        await PullAsync(pinned, null, cancellationToken).ConfigureAwait(false);
        return new RollbackImage(pinned, $"It was pulled by the digest that ran, since {before.Image} was no longer in the engine.");
    }

    private static string Pinned(ContainerBefore before) => before.Pulled.Length > 0 && ImageReference.TryParse(before.Image, out var old, out _)
        && ImageReference.TryParse(before.Pulled, out var pulled, out _) && old.Transport == ImageTransport.Registry
            ? $"{old.Name}{(old.Tag is { } tag ? ":" + tag : string.Empty)}@{pulled.Digest}" : string.Empty;

    private async Task<bool> IsAsync(string image, string id, CancellationToken cancellationToken) =>
        await target.FindImageAsync(image, cancellationToken).ConfigureAwait(false) is { } found && found.Id() == id;

    // An engine that runs programs of other platforms, by emulation: asked for only where it is so, since many images say nothing true.
    private async Task<string?> PlatformAsync(JsonElement? like, CancellationToken cancellationToken)
    {
        if (like is not { } image || image.Text("Os") is not { Length: > 0 } os || image.Text("Architecture") is not { Length: > 0 } arch)
        {
            return null;
        }

        var engine = await target.Client.VersionAsync(cancellationToken).ConfigureAwait(false);
        var variant = image.Text("Variant") is { Length: > 0 } text ? "/" + text : string.Empty;
        return engine.Text("Os") == os && engine.Text("Arch") == arch ? null : $"{os}/{arch}{variant}";
    }
}

/// <summary>An image to go back to.</summary>
/// <param name="Image">Its name, or its id.</param>
/// <param name="Detail">Why it is not named as it was; empty where it is.</param>
internal sealed record RollbackImage(string Image, string Detail);
