using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>
/// Takes one step after the other: what is there is read, the next step follows from it, and the lease is looked at right before its write. So
/// whoever comes after a kill goes on from what stands in the engine, and a step whose answer was lost is found done.
/// </summary>
internal sealed class ContainerSteps(ContainerTarget target, RolloutChange change, ContainerBefore before)
{
    private const int Attempts = 5;
    private const int MaxSteps = 60;

    private static readonly JsonObject Never = new() { ["Name"] = "no", ["MaximumRetryCount"] = 0 };

    /// <summary>Goes on until there is no next step.</summary>
    /// <param name="next">The step that follows from what is there; null where nothing is left to do.</param>
    /// <param name="cancellationToken">Cancels between two requests.</param>
    /// <returns>What is there then.</returns>
    /// <exception cref="PatchException">A step failed, or the engine could not be asked.</exception>
    public async Task<ContainerScene> RunAsync(Func<ContainerScene, Func<CancellationToken, Task>?> next, CancellationToken cancellationToken)
    {
        var faults = 0;
        for (var step = 0; step < MaxSteps; step++)
        {
            try
            {
                var scene = await ContainerScene.ReadAsync(target, change, before, cancellationToken).ConfigureAwait(false);
                if (next(scene) is not { } write)
                {
                    return scene;
                }

                await write(cancellationToken).ConfigureAwait(false);
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.Unreachable or PatchErrorCode.Conflict && ++faults < Attempts)
            {
                // It is read again: whether a lost answer meant success shows there. An engine that comes back needs a moment.
                if (e.Code == PatchErrorCode.Unreachable)
                {
                    await Task.Delay(TimeSpan.FromSeconds(faults), cancellationToken).ConfigureAwait(false);
                }
            }
        }

        throw new PatchException(PatchErrorCode.ProtocolError, target.Id.ToString(), $"{target.Id}: after {MaxSteps} steps the engine still "
            + "does not show what was asked of it. Look with docker ps -a what is there, and at the engine's log.");
    }

    /// <summary>The next step by which a successor takes a container's place; null where it was started.</summary>
    /// <param name="source">The container.</param>
    /// <param name="successor">The successor, which was made.</param>
    public Func<CancellationToken, Task>? Replace(JsonElement source, JsonElement successor)
    {
        var id = successor.Id();
        return successor.HasStarted() ? null
            : source.IsRunning() ? Write(token => target.Client.Containers.StopAsync(source.Id(), null, token))
            : !ContainerFields.NeverRestarts(source.RestartPolicy()) ? Write(token => SetPolicyAsync(source, Never, token))
            : source.Name() == target.Name
                ? Write(token => target.Client.Containers.RenameAsync(source.Id(), ContainerMarks.OldName(target.Name, source.Id()), token))
            : successor.Name() != target.Name ? Write(token => target.Client.Containers.RenameAsync(id, target.Name, token))
            : Write(token => target.Client.Containers.StartAsync(id, token));
    }

    /// <summary>The next step by which a container has its place again, and its successor is gone; null where that is so.</summary>
    /// <param name="source">The container.</param>
    /// <param name="policy">When the engine starts it again by itself.</param>
    /// <param name="successor">The successor; null where it is gone.</param>
    public Func<CancellationToken, Task>? Restore(JsonElement source, JsonNode policy, JsonElement? successor)
    {
        if (successor is { } failed)
        {
            // Volumes that it alone made go with it; those that it has from the container have a name, and stay.
            return failed.IsRunning() ? Write(token => target.Client.Containers.StopAsync(failed.Id(), null, token))
                : Write(token => target.Client.Containers.RemoveAsync(failed.Id(), true, true, token));
        }

        return source.Name() != target.Name ? Write(token => target.Client.Containers.RenameAsync(source.Id(), target.Name, token))
            : !IsSame(source.RestartPolicy(), policy) ? Write(token => SetPolicyAsync(source, policy, token))
            : !source.IsRunning() ? Write(token => target.Client.Containers.StartAsync(source.Id(), token))
            : null;
    }

    /// <summary>The next step by which a successor is in the networks that a container is in; null where it is.</summary>
    public Func<CancellationToken, Task>? Connect(JsonElement source, JsonElement successor)
    {
        if (!source.HasNetworks() || successor.HasStarted())
        {
            return null;
        }

        var wanted = ContainerEndpoints.Of(source);
        var there = successor.Networks();
        return wanted.Keys.Except(there).FirstOrDefault() is { } missing
            ? Write(token => target.Client.Networks.ConnectAsync(missing, successor.Id(), wanted[missing], token))
            : there.Except(wanted.Keys).FirstOrDefault() is { } surplus
            ? Write(token => target.Client.Networks.DisconnectAsync(surplus, successor.Id(), false, token))
            : null;
    }

    /// <summary>A write, with the look at the lease before it.</summary>
    public Func<CancellationToken, Task> Write(Func<CancellationToken, Task> write) => async token =>
    {
        await change.CheckLeaseAsync(token).ConfigureAwait(false);
        await write(token).ConfigureAwait(false);
    };

    private Task SetPolicyAsync(JsonElement container, JsonNode policy, CancellationToken cancellationToken) =>
        target.Client.Containers.SetRestartPolicyAsync(container.Id(), policy, cancellationToken);

    private static bool IsSame(JsonNode one, JsonNode other) => JsonNode.DeepEquals(one, other)
        || (ContainerFields.NeverRestarts(one) && ContainerFields.NeverRestarts(other));
}
