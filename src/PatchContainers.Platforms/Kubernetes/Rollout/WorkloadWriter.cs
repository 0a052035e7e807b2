using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// Makes changes and puts them back. Each write says what it expects to be there, so that it may be tried again after a lost answer: the
/// second time finds that it is done.
/// </summary>
/// <remarks>
/// An owner that stood still, and lost its lease meanwhile, changes nothing: it reads the object, then looks at its lease, and writes only
/// the version that it read. Either the lease is lost by then, or whoever takes it later finds the write, or writes first: putting back
/// always does, also where the old image is still there.
/// </remarks>
internal sealed class WorkloadWriter(WorkloadTarget target, RolloutChange change)
{
    private const int Attempts = 10;

    private readonly WorkloadState? _before = change.Before.Length == 0 ? null : WorkloadState.Parse(change.Before, target.Id.Object);

    /// <summary>Writes the new image, held as a canary where the change says so.</summary>
    public Task<RolloutChange> ApplyAsync(CancellationToken cancellationToken) => WriteAsync((workload, slot) =>
    {
        if (slot.Image == change.NewImage)
        {
            return Done(ChangeStatus.Applied, "It held the new image already.");
        }

        if (slot.Image != change.OldImage)
        {
            return Done(ChangeStatus.Failed,
                $"{target.Id.Object} holds '{slot.Image}' now, and not '{change.OldImage}', which the plan expects. It was left as it is.");
        }

        return WorkloadRules.Refusal(target.Id, workload) is { Length: > 0 } refusal ? Done(ChangeStatus.Failed, refusal)
            : Apply(workload, slot);
    }, gone: ChangeStatus.Failed, cancellationToken);

    /// <summary>Restores the strategy, so that a canary goes on to all, or after it did.</summary>
    /// <param name="status">How the change stands then.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<RolloutChange> RestoreAsync(ChangeStatus status, CancellationToken cancellationToken) => WriteAsync((workload, slot) =>
    {
        var patch = ImagePatch.Guarded(workload, slot);
        var kept = Restore(patch, workload);
        return slot.Image == change.NewImage ? new Decision(patch, status, kept)
            : new Decision(patch, ChangeStatus.Failed, $"{Holds(slot)}. {kept}".TrimEnd());
    }, gone: ChangeStatus.Failed, cancellationToken);

    /// <summary>Writes the old image and the old strategy again.</summary>
    public Task<RolloutChange> RevertAsync(CancellationToken cancellationToken) => WriteAsync((workload, slot) =>
    {
        var isNew = slot.Image == change.NewImage;

        // Which change was put back, so that doing it again after a crash writes nothing: the image alone may be that of an earlier one.
        var mark = $"patchcontainers: {slot.Name} back at {change.OldImage} ({Where}), as in version {_before?.Version}";
        var patch = isNew
            ? ImagePatch.Of(workload, slot, change.OldImage, $"patchcontainers: {slot.Name} back to {change.OldImage} ({Where})",
                new KeyValuePair<string, string>(ImagePatch.OurChange, mark))
            : ImagePatch.Guarded(workload, slot);
        var kept = Restore(patch, workload);
        if (!isNew && slot.Image != change.OldImage && slot.Image != _before?.Image)
        {
            return new Decision(patch, ChangeStatus.LeftAlone,
                $"{Holds(slot)}, which was written there. It was left as it is. {kept}".TrimEnd());
        }

        // A CronJob's template runs nothing that could be awaited; and what was never changed, or is back already, need not be.
        var isBack = target.Id.Kind == "CronJob"
            || (!patch.HasWrites && ReadinessRules.Of(target.Id.Kind, workload).State == ReadinessState.Ready);
        if (!isNew && workload.Annotation(ImagePatch.OurChange) != mark)
        {
            ImagePatch.Note(patch, workload, mark);
        }

        return new Decision(patch, isBack ? ChangeStatus.RolledBack : ChangeStatus.Applied, kept);
    }, gone: ChangeStatus.LeftAlone, cancellationToken);

    /// <summary>The patch that <see cref="ApplyAsync"/> would send.</summary>
    public JsonPatch ApplyPatch(JsonElement workload, ContainerSlot slot, IReadOnlyList<StrategyField> canary)
    {
        var cause = $"patchcontainers: {slot.Name} to {change.NewImage} ({Where})";
        if (canary.Count == 0)
        {
            return ImagePatch.Of(workload, slot, change.NewImage, cause);
        }

        var patch = ImagePatch.Of(workload, slot, change.NewImage, cause,
            new KeyValuePair<string, string>(WorkloadState.Annotation, WorkloadState.ToText(canary)));
        CanaryStrategy.Set(patch, canary);
        return patch;
    }

    private Decision Apply(JsonElement workload, ContainerSlot slot)
    {
        // Another container of the same object, changed before this one, has set the strategy already.
        var canary = workload.Annotation(WorkloadState.Annotation) is null ? _before?.Strategy ?? [] : [];
        if (canary.Count > 0 && ReadinessRules.Of(target.Id.Kind, workload) is { State: not ReadinessState.Ready } unready)
        {
            return Done(ChangeStatus.Failed,
                $"{target.Id.Object} is in the middle of another rollout, and a canary could not be told from it: {unready.Reason}");
        }

        return new Decision(ApplyPatch(workload, slot, canary), ChangeStatus.Applied, string.Empty);
    }

    private string Where => change.Rollout.Length == 0 ? $"ring {change.Ring}" : $"ring {change.Ring}, rollout {change.Rollout}";

    private string Holds(ContainerSlot slot) => $"{target.Id.Object} holds '{slot.Image}' now, and not '{change.NewImage}'";

    private string Restore(JsonPatch patch, JsonElement workload)
    {
        // The annotation is anybody's to write: it counts where the journal knows of no canary.
        var fields = _before is { Strategy.Count: > 0 } ? _before.Strategy
            : workload.Annotation(WorkloadState.Annotation) is { } text ? WorkloadState.ParseFields(text, target.Id.Object) : [];
        var kept = CanaryStrategy.Restore(patch, workload, fields);
        return kept.Count == 0 ? string.Empty : $"Someone else has set {string.Join(" and ", kept)} since: that stays.";
    }

    private async Task<RolloutChange> WriteAsync(Func<JsonElement, ContainerSlot, Decision> decide, ChangeStatus gone,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            Decision decision;
            try
            {
                var workload = await target.GetAsync(cancellationToken).ConfigureAwait(false);
                decision = target.Slot(workload) is { } slot ? decide(workload, slot)
                    : Done(gone, $"{target.Id.Object} no longer has the container '{target.Id.Container}'.");
                if (decision.Patch is { HasWrites: true } patch)
                {
                    await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
                    await target.PatchAsync(patch, false, cancellationToken).ConfigureAwait(false);
                }

                return change with { Status = decision.Status, Detail = decision.Detail };
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
            {
                return change with { Status = gone, Detail = $"{target.Id.Object} is gone: someone deleted it." };
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.Conflict or PatchErrorCode.Unreachable && attempt < Attempts)
            {
                // It is read again: whether another writer's change matters, or a lost answer meant success, shows there.
            }
            catch (PatchException e) when (e.Code is not (PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError))
            {
                return change with { Status = ChangeStatus.Failed, Detail = e.Message };
            }
        }
    }

    private static Decision Done(ChangeStatus status, string detail) => new(null, status, detail);

    private sealed record Decision(JsonPatch? Patch, ChangeStatus Status, string Detail);
}
