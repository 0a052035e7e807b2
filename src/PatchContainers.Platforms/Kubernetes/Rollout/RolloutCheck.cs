using System.Text.Json;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>Says of a change whether it can be made, without writing: the server itself tries the patch out (dry run).</summary>
internal sealed class RolloutCheck(Func<string, KubernetesClient> clients)
{
    private const int Attempts = 10;

    private readonly RolloutRights _rights = new();

    /// <summary>Gives the change back unchanged, or Refused with the reason. With Force, the detail names who will undo it.</summary>
    /// <exception cref="PatchException">The platform could not be asked.</exception>
    public Task<RolloutChange> RunAsync(RolloutChange change, CancellationToken cancellationToken) => RunAsync(change, 1, cancellationToken);

    private async Task<RolloutChange> RunAsync(RolloutChange change, int attempt, CancellationToken cancellationToken)
    {
        try
        {
            var target = await WorkloadTarget.OfAsync(change, clients, cancellationToken).ConfigureAwait(false);
            var workload = await target.GetAsync(cancellationToken).ConfigureAwait(false);
            if (target.Slot(workload) is not { } slot)
            {
                return Refused(change, $"{target.Id.Object} has no container '{target.Id.Container}'.");
            }

            var owner = GitOpsOwner.Of(workload);
            if (owner is not null && !change.Options.Force)
            {
                return Refused(change, $"{target.Id.Object}: {owner.Refusal}");
            }

            if (Fault(target, change, workload, slot, out var canary) is { Length: > 0 } fault)
            {
                return Refused(change, fault);
            }

            if (slot.Image == change.OldImage)
            {
                await target.PatchAsync(new WorkloadWriter(target, change).ApplyPatch(workload, slot, canary), true, cancellationToken)
                    .ConfigureAwait(false);
            }

            var missing = await _rights.MissingAsync(target, change, cancellationToken).ConfigureAwait(false);
            return missing.Count > 0
                ? Refused(change, $"{target.Id.Object}: a right is missing: the account of the context '{target.Id.Context}' needs to "
                    + $"{string.Join(", ", missing)} in the namespace {target.Id.Namespace}.")
                : owner is null ? change
                : change with { Detail = $"{owner.Tool} keeps it as {owner.Owner} says, and will undo the change. {owner.Remedy}" };
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.Conflict && attempt < Attempts)
        {
            // Something was written meanwhile, and be it its status: it is read again.
            return await RunAsync(change, attempt + 1, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Code
            is not (PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError or PatchErrorCode.Unauthorized))
        {
            return Refused(change, e.Message);
        }
    }

    private static string Fault(WorkloadTarget target, RolloutChange change, JsonElement workload, ContainerSlot slot,
        out IReadOnlyList<StrategyField> canary)
    {
        canary = [];
        if (slot.Image != change.OldImage && slot.Image != change.NewImage)
        {
            return $"{target.Id.Object} holds '{slot.Image}' now, and not '{change.OldImage}', which the plan expects.";
        }

        if (WorkloadRules.Refusal(target.Id, workload) is { Length: > 0 } refusal)
        {
            return refusal;
        }

        if (workload.Annotation(WorkloadState.Annotation) is not null)
        {
            return $"{target.Id.Object} is held as the canary of another rollout (annotation {WorkloadState.Annotation}). Resume or undo "
                + "that rollout; where there is none any more, restore the strategy that the annotation holds, and remove it.";
        }

        if (change.Options.Canary.Length == 0 || target.Id.Kind == "CronJob")
        {
            return string.Empty;
        }

        var plan = CanaryStrategy.Of(target.Id.Kind, workload, change.Options.Canary);
        canary = plan.Fields;
        return plan.Refusal;
    }

    private static RolloutChange Refused(RolloutChange change, string reason) =>
        change with { Status = ChangeStatus.Refused, Detail = reason };
}
