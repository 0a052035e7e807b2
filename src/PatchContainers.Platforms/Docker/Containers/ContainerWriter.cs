using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>Recreates a container on a new image, puts the old one back, and takes it away at the end.</summary>
/// <remarks>
/// <para>Forward: the new image is pulled, the successor made under another name and put into its networks, the owner's command run, the
/// container stopped, its restart policy switched off, both renamed, and the successor started. Back: the successor is removed, and the
/// container gets its name and its policy again, and is started.</para>
/// <para>The container is named by its id. Where the name belongs to another container than the two, someone else recreated it, and
/// nothing is written any more.</para>
/// </remarks>
internal sealed class ContainerWriter(ContainerTarget target, RolloutChange change, ContainerBefore before)
{
    private readonly ContainerSteps _steps = new(target, change, before);
    private readonly ImageSupply _images = new(target, change);
    private bool _isPulled;
    private bool _isHookDone;
    private bool _isBegun;

    /// <summary>Makes the change: Applied; Failed as long as the container itself was not touched.</summary>
    /// <exception cref="PatchException">It was touched, and what comes after failed; or the engine could not be asked.</exception>
    public async Task<RolloutChange> ApplyAsync(CancellationToken cancellationToken)
    {
        if (before.Image == change.NewImage)
        {
            return With(ChangeStatus.Applied, "It held the new image already.");
        }

        if (before.Image != change.OldImage)
        {
            return With(ChangeStatus.Failed, $"{target.Name} runs '{before.Image}' now, and not '{change.OldImage}', which the plan expects. "
                + "It was left as it is.");
        }

        try
        {
            await _steps.RunAsync(NextForward, cancellationToken).ConfigureAwait(false);
            return With(ChangeStatus.Applied, string.Empty);
        }
        catch (PatchException e) when (!_isBegun && e.Code is not (PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError))
        {
            await DropAsync(cancellationToken).ConfigureAwait(false);
            return With(ChangeStatus.Failed, e.Message);
        }
    }

    /// <summary>Puts the change back: RolledBack where nothing was touched and the container is well, else Applied.</summary>
    /// <exception cref="PatchException">It is not known whether the change was put back.</exception>
    public async Task<RolloutChange> RevertAsync(CancellationToken cancellationToken)
    {
        if (before.Image == change.NewImage)
        {
            return With(ChangeStatus.RolledBack, "It held the new image before this rollout, and was left as it is.");
        }

        var scene = await ContainerScene.ReadAsync(target, change, before, cancellationToken).ConfigureAwait(false);
        if (scene.IsForeign || (scene.Old is null && scene.New is null && scene.Back is null))
        {
            return With(ChangeStatus.LeftAlone, $"{scene.Words(target.Name)} It was left as it is.{Kept(scene)}");
        }

        if (scene.Old is null)
        {
            return await BringBackAsync(cancellationToken).ConfigureAwait(false);
        }

        var isUntouched = scene is { New: null, Old: { } old } && scene.Holds(scene.Old) && old.IsRunning();
        scene = await _steps.RunAsync(s => s.IsForeign ? throw Foreign(s)
            : s.Old is { } source ? _steps.Restore(source, before.RestartPolicy, s.New) : throw Gone(), cancellationToken).ConfigureAwait(false);
        return With(isUntouched && ContainerJudge.Judge(scene.Old!.Value, true, before.WasHealthy).Status == ChangeStatus.Healthy
            ? ChangeStatus.RolledBack : ChangeStatus.Applied, string.Empty);
    }

    /// <summary>Takes the old container away, and leaves its volumes: Healthy, or Failed where it has to stay.</summary>
    /// <exception cref="PatchException">It is not known whether it was removed.</exception>
    public async Task<RolloutChange> FinishAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _steps.RunAsync(scene => scene.Old is not { } old || before.Image == change.NewImage ? null
                : !scene.Holds(scene.New) ? throw new PatchException(PatchErrorCode.ChangeFailed, target.Id.ToString(),
                    $"{scene.Words(target.Name)}{Kept(scene)}")
                : old.IsRunning() ? throw new PatchException(PatchErrorCode.ChangeFailed, target.Id.ToString(),
                    $"{old.Name()} runs again: someone started it. Remove it yourself when it is no longer wanted.")
                : Remove(old), cancellationToken).ConfigureAwait(false);
            return With(ChangeStatus.Healthy, string.Empty);
        }
        catch (PatchException e) when (e.Code is not (PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError))
        {
            return With(ChangeStatus.Failed, e.Message);
        }
    }

    private Func<CancellationToken, Task>? NextForward(ContainerScene scene)
    {
        if (scene.IsForeign)
        {
            throw Foreign(scene);
        }

        if (scene.Old is not { } old)
        {
            return scene.Holds(scene.New) ? null : throw Gone();
        }

        if (scene.New is not { } successor)
        {
            return !scene.Holds(scene.Old) ? throw Foreign(scene)
                : !_isPulled ? token => PullAsync(old, token)
                : token => CreateAsync(old, change.NewImage, ContainerMarks.Replaces, checks: true, token);
        }

        _isBegun |= !old.IsRunning() || !scene.Holds(scene.Old);
        if (_steps.Connect(old, successor) is { } connect)
        {
            return connect;
        }

        if (!_isBegun && !_isHookDone && ContainerHook.Before(old) is { } hook)
        {
            return token => RunHookAsync(hook, old, token);
        }

        var step = _steps.Replace(old, successor);
        _isBegun |= step is not null;
        return step;
    }

    private async Task PullAsync(JsonElement old, CancellationToken cancellationToken)
    {
        var like = await target.FindImageAsync(old.Text("Image") ?? string.Empty, cancellationToken).ConfigureAwait(false);
        try
        {
            await _images.PullAsync(change.NewImage, like, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.Unreachable)
        {
            // Nothing was touched, whichever of the two does not answer: the engine, or its registry.
            throw new PatchException(PatchErrorCode.ChangeFailed, e.Target, e.Message, e);
        }

        _isPulled = true;
    }

    private async Task CreateAsync(JsonElement source, string image, string mark, bool checks, CancellationToken cancellationToken)
    {
        if (checks)
        {
            // What was read when the rollout was planned may be long ago.
            var neighbours = await ContainerNeighbours.ReadAsync(target, cancellationToken).ConfigureAwait(false);
            if (ContainerRules.Refusal(source, neighbours, change.Options.Force) is { Length: > 0 } refusal)
            {
                throw new PatchException(PatchErrorCode.ChangeRefused, target.Id.ToString(), refusal);
            }
        }

        var parts = new BlueprintParts
        {
            ImageConfig = await target.ImageConfigAsync(source, cancellationToken).ConfigureAwait(false),
            BorrowedPlaces = await ContainerNeighbours.BorrowedPlacesAsync(target, source, cancellationToken).ConfigureAwait(false),
            RestartPolicy = before.RestartPolicy,
            EngineName = (await target.Client.InfoAsync(cancellationToken).ConfigureAwait(false)).Text("Name") ?? string.Empty,
            Api = (await target.Client.ApiVersionAsync(cancellationToken).ConfigureAwait(false)).Spoken,
        };
        var body = ContainerBlueprint.Of(source, parts, image, new Dictionary<string, string>
        {
            [ContainerMarks.Rollout] = change.Rollout,
            [mark] = before.Id,
        });
        var name = ContainerMarks.TemporaryName(target.Name, change.Rollout, source.Id());
        await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
        await target.Client.Containers.CreateAsync(name, body, null, cancellationToken).ConfigureAwait(false);
    }

    private async Task RunHookAsync(ContainerHook hook, JsonElement old, CancellationToken cancellationToken)
    {
        await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
        if (await hook.RunAsync(target.Client, old.Id(), cancellationToken).ConfigureAwait(false) is { } fault)
        {
            throw new PatchException(PatchErrorCode.ChangeFailed, target.Id.ToString(),
                $"{target.Name} was left as it is: {fault}");
        }

        _isHookDone = true;
    }

    // The old one was taken away after success: what stands there now has all that its owner set.
    private async Task<RolloutChange> BringBackAsync(CancellationToken cancellationToken)
    {
        var detail = string.Empty;
        try
        {
            await _steps.RunAsync(scene => scene.IsForeign ? throw Foreign(scene)
                : scene.New is not { } current ? (scene.Back is { } alone ? _steps.Restore(alone, before.RestartPolicy, null) : null)
                : scene.Back is not { } back ? token => MakeBackAsync(current, token)
                : _steps.Connect(current, back) ?? _steps.Replace(current, back) ?? Remove(current), cancellationToken).ConfigureAwait(false);
            return With(ChangeStatus.Applied, detail);
        }
        catch (PatchException e) when (e.Code is not (PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError))
        {
            await _steps.RunAsync(scene => scene.IsForeign || scene.New is not { } current ? null
                : _steps.Restore(current, before.RestartPolicy, scene.Back), cancellationToken).ConfigureAwait(false);
            return With(ChangeStatus.Failed, $"The old image could not be brought back, and the new one runs again: {e.Message}");
        }

        async Task MakeBackAsync(JsonElement current, CancellationToken token)
        {
            var old = await _images.OldAsync(before, token).ConfigureAwait(false);
            detail = old.Detail;
            await CreateAsync(current, old.Image, ContainerMarks.Restores, checks: false, token).ConfigureAwait(false);
        }
    }

    private Func<CancellationToken, Task> Remove(JsonElement container) =>
        _steps.Write(token => target.Client.Containers.RemoveAsync(container.Id(), false, false, token));

    // A successor that never ran, of a change that was given up.
    private async Task DropAsync(CancellationToken cancellationToken) => await _steps.RunAsync(
        scene => scene.New is { } successor && !successor.HasStarted() && !scene.Holds(scene.New)
            ? _steps.Write(token => target.Client.Containers.RemoveAsync(successor.Id(), true, true, token)) : null, cancellationToken)
        .ConfigureAwait(false);

    private static string Kept(ContainerScene scene) => string.Concat(new[] { scene.Old, scene.New, scene.Back }
        .Where(c => c is not null && !scene.Holds(c)).Select(c => $" {c!.Value.Name()} ({c.Value.ImageName()}) is still there."));

    private PatchException Foreign(ContainerScene scene) => new(PatchErrorCode.ChangeFailed, target.Id.ToString(),
        $"{scene.Words(target.Name)} It was left as it is.{Kept(scene)}");

    private PatchException Gone() => new(PatchErrorCode.ChangeFailed, target.Id.ToString(),
        $"The container {ContainerFields.Shorten(before.Id)} that was '{target.Name}' is gone: someone removed it.");

    private RolloutChange With(ChangeStatus status, string detail) => change with { Status = status, Detail = detail };
}
