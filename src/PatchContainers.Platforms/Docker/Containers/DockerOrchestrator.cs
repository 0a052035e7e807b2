using System.Text.Json;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>
/// Recreates containers of engines on new images, with what their owners set. What ran before is stopped and kept until the rollout has
/// ended, so that putting it back is starting it.
/// </summary>
/// <param name="clients">The client of an engine, by the host of a workload's id.</param>
/// <param name="pace">How containers are watched.</param>
/// <param name="clock">The clock.</param>
internal sealed class DockerOrchestrator(Func<string, DockerClient> clients, ContainerPace pace, TimeProvider clock) : IOrchestrator
{
    /// <inheritdoc/>
    public bool KeepsOld => true;

    /// <inheritdoc/>
    public bool CanHandle(string platform) => platform == DockerWorkloadId.Docker;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RolloutChange>> CheckAsync(
        IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var engines = new Dictionary<string, ContainerNeighbours>(StringComparer.Ordinal);
        var checkedChanges = new List<RolloutChange>(changes.Count);
        foreach (var change in changes)
        {
            checkedChanges.Add(await CheckAsync(change, engines, cancellationToken).ConfigureAwait(false));
        }

        return checkedChanges;
    }

    /// <inheritdoc/>
    public async Task<string?> PrepareAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var target = ContainerTarget.Of(change, clients);
        var container = await target.FindHolderAsync(cancellationToken).ConfigureAwait(false) ?? throw new PatchException(
            PatchErrorCode.NotFound, change.Workload, $"There is no container '{target.Name}' any more: someone removed or renamed it.");
        var image = await target.FindImageAsync(container.Text("Image") ?? string.Empty, cancellationToken).ConfigureAwait(false);
        return new ContainerBefore
        {
            Id = container.Id(),
            Image = await NameAsync(target, container, cancellationToken).ConfigureAwait(false),
            ImageId = container.Text("Image") ?? string.Empty,
            Pulled = image?.Items("RepoDigests").Select(d => d.GetString()).FirstOrDefault(d => IsOf(d, change.OldImage)) ?? string.Empty,
            RestartPolicy = container.RestartPolicy(),
            WasHealthy = container.Text("State", "Health", "Status") == "healthy",
        }.ToText();
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        await Writer(change).ApplyAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var before = change.Before.Length == 0 ? null : ContainerBefore.Parse(change.Before, change.Workload);
        return await new ContainerWatch(ContainerTarget.Of(change, clients), change, before, state, pace, clock)
            .RunAsync(atMost, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> FinishAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        await Writer(change).FinishAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);

        // What could not even be read was not changed.
        return change.Before.Length == 0 ? change with { Status = ChangeStatus.RolledBack, Detail = string.Empty }
            : await Writer(change).RevertAsync(cancellationToken).ConfigureAwait(false);
    }

    private ContainerWriter Writer(RolloutChange change) =>
        new(ContainerTarget.Of(change, clients), change, ContainerBefore.Parse(change.Before, change.Workload));

    private async Task<RolloutChange> CheckAsync(RolloutChange change, Dictionary<string, ContainerNeighbours> engines,
        CancellationToken cancellationToken)
    {
        try
        {
            var target = ContainerTarget.Of(change, clients);
            if ((await target.Client.ApiVersionAsync(cancellationToken).ConfigureAwait(false)).IsPodman)
            {
                return Refused(change, ContainerRules.Podman(target));
            }

            if (await target.FindHolderAsync(cancellationToken).ConfigureAwait(false) is not { } container)
            {
                return Refused(change, $"There is no container '{target.Name}'.");
            }

            var image = await NameAsync(target, container, cancellationToken).ConfigureAwait(false);
            if (image.Length == 0)
            {
                return Refused(change, $"{target.Name} runs an image without a name ({container.Text("Image")}): nothing tells what it is "
                    + "updated to. Start it from a named image.");
            }

            if (image != change.OldImage && image != change.NewImage)
            {
                return Refused(change, $"{target.Name} runs '{image}' now, and not '{change.OldImage}', which the plan expects.");
            }

            if (change.Options.Canary.Length > 0)
            {
                return Refused(change, $"{target.Name} is one container, and a canary needs several. Put one of several containers into a "
                    + "ring in front of the others, or take the canary out of the ring.");
            }

            if (!engines.TryGetValue(target.Id.Host, out var neighbours))
            {
                engines[target.Id.Host] = neighbours = await ContainerNeighbours.ReadAsync(target, cancellationToken).ConfigureAwait(false);
            }

            if (ContainerRules.Refusal(container, neighbours, change.Options.Force) is { Length: > 0 } refusal)
            {
                return Refused(change, refusal);
            }

            // A label that cannot be read is told before anything begins.
            _ = (ContainerHook.Before(container), ContainerHook.After(container));
            return ContainerRules.ComposeOwner(container) is not { } project ? change : change with
            {
                Detail = $"{target.Name} belongs to the Compose project '{project}', whose next 'up' makes it as its file says: change the "
                    + "file, too.",
            };
        }
        catch (PatchException e) when (e.Code
            is not (PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError or PatchErrorCode.Unauthorized))
        {
            return Refused(change, e.Message);
        }
    }

    // As the inventory names it.
    private static async Task<string> NameAsync(ContainerTarget target, JsonElement container, CancellationToken cancellationToken)
    {
        var id = container.Text("Image") ?? string.Empty;
        return !EngineImages.IsId(container.ImageName(), id) ? container.ImageName()
            : await new EngineImages(target.Client).NameAsync(id, cancellationToken).ConfigureAwait(false) ?? string.Empty;
    }

    private static bool IsOf(string? pulled, string image) => Images.ImageReference.TryParse(pulled, out var known, out _)
        && Images.ImageReference.TryParse(image, out var old, out _) && known.RepositoryKey == old.RepositoryKey;

    private static RolloutChange Refused(RolloutChange change, string reason) =>
        change with { Status = ChangeStatus.Refused, Detail = reason };
}
