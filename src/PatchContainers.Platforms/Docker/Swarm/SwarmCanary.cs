using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>What a canary of a service would be, or why there can be none.</summary>
/// <param name="Count">How many tasks of the new version run first; 0 where the service has none, and nothing can be watched.</param>
/// <param name="Refusal">Why there can be none; empty where there can.</param>
internal sealed record SwarmCanary(int Count, string Refusal = "")
{
    /// <summary>Plans it.</summary>
    /// <param name="target">The service.</param>
    /// <param name="service">The service as it was read.</param>
    /// <param name="canary">How many, as <see cref="Portion"/> reads it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">The manager could not be asked.</exception>
    public static async Task<SwarmCanary> OfAsync(SwarmTarget target, JsonElement service, string canary,
        CancellationToken cancellationToken)
    {
        Portion portion;
        try
        {
            portion = Portion.Parse(canary);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.InvalidArgument)
        {
            return new SwarmCanary(0, e.Message);
        }

        if (!service.IsGlobal())
        {
            return new SwarmCanary(portion.Of((int)(service.Replicas() ?? 1)));
        }

        var nodes = (await target.TasksAsync(service, cancellationToken).ConfigureAwait(false)).Where(t => t.IsWanted())
            .Select(t => t.Place()).Distinct(StringComparer.Ordinal).Count();
        var count = portion.Of(nodes);
        return nodes > 0 && count == nodes
            ? new SwarmCanary(0, $"{target.Object} runs on {(nodes == 1 ? "one node" : $"{nodes} nodes")}, one task each: a canary of "
                + $"{canary} would be all of it. Roll it out without one, or with a smaller one.")
            : new SwarmCanary(count);
    }
}
