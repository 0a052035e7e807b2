using System.Text.Json;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>Says of a change whether it can be made, without writing. A swarm has no way to try an update out.</summary>
internal sealed class SwarmCheck(Func<string, DockerClient> clients)
{
    /// <summary>Gives the change back unchanged, or Refused with the reason.</summary>
    /// <exception cref="PatchException">The manager could not be asked.</exception>
    public async Task<RolloutChange> RunAsync(RolloutChange change, CancellationToken cancellationToken)
    {
        try
        {
            var target = SwarmTarget.Of(change, clients);
            var service = await target.GetAsync(cancellationToken).ConfigureAwait(false);
            return await FaultAsync(target, change, service, cancellationToken).ConfigureAwait(false) is { Length: > 0 } fault
                ? Refused(change, fault) : change;
        }
        catch (PatchException e) when (e.Code
            is not (PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError or PatchErrorCode.Unauthorized))
        {
            return Refused(change, e.Message);
        }
    }

    private static async Task<string> FaultAsync(SwarmTarget target, RolloutChange change, JsonElement service,
        CancellationToken cancellationToken)
    {
        if (SwarmRules.Refusal(target, service) is { Length: > 0 } refusal)
        {
            return refusal;
        }

        var image = service.ImageOfService();
        if (image != change.OldImage && image != change.NewImage)
        {
            return $"{target.Object} holds '{image}' now, and not '{change.OldImage}', which the plan expects.";
        }

        if (service.Texts("Spec", "Labels").ContainsKey(UpdateSettings.Label))
        {
            return $"{target.Object} is in the middle of another rollout (label {UpdateSettings.Label}). Resume or undo that rollout; "
                + "where there is none any more, restore the UpdateConfig that the label holds, and remove it.";
        }

        return change.Options.Canary.Length == 0 ? string.Empty
            : (await SwarmCanary.OfAsync(target, service, change.Options.Canary, cancellationToken).ConfigureAwait(false)).Refusal;
    }

    private static RolloutChange Refused(RolloutChange change, string reason) =>
        change with { Status = ChangeStatus.Refused, Detail = reason };
}
