using System.Text.Json;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>Reads what a service is and runs before a change.</summary>
internal static class SwarmStateReader
{
    /// <summary>Reads it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: the service is not there;
    /// <see cref="PatchErrorCode.ChangeRefused"/>: there can be no such canary; and as the client says.</exception>
    public static async Task<SwarmState> ReadAsync(SwarmTarget target, RolloutChange change, CancellationToken cancellationToken)
    {
        var service = await target.GetAsync(cancellationToken).ConfigureAwait(false);
        var image = service.ImageOfService() ?? throw new PatchException(PatchErrorCode.NotSupported, change.Workload,
            SwarmRules.Refusal(target, service));
        var canary = change.Options.Canary.Length == 0 ? new SwarmCanary(0)
            : await SwarmCanary.OfAsync(target, service, change.Options.Canary, cancellationToken).ConfigureAwait(false);
        if (canary.Refusal.Length > 0)
        {
            throw new PatchException(PatchErrorCode.ChangeRefused, change.Workload, canary.Refusal);
        }

        var tasks = await target.TasksAsync(service, cancellationToken).ConfigureAwait(false);
        return new SwarmState
        {
            Image = image,
            Running = await RunningAsync(target, tasks.Where(t => t.IsRunning() && t.ImageOfTask() == image), cancellationToken)
                .ConfigureAwait(false),
            Version = service.Number("Version", "Index") ?? 0,
            UpdatedAt = service.Word("UpdateStatus", "StartedAt"),
            Ended = [.. tasks.Where(t => t.HasEnded() && t.ImageOfTask() == change.NewImage).Select(t => t.Word("ID"))],
            CanaryCount = canary.Count,
            Settings = UpdateSettings.Of(SwarmEdit.UpdateConfigOf(service), change.Options.Update, canary.Count),
        };
    }

    private static async Task<IReadOnlyList<RanImage>> RunningAsync(SwarmTarget target, IEnumerable<JsonElement> tasks,
        CancellationToken cancellationToken)
    {
        var images = new EngineImages(target.Client);
        var ran = new List<RanImage>();
        foreach (var task in tasks)
        {
            if (await images.OfTaskAsync(task, cancellationToken).ConfigureAwait(false) is { } image)
            {
                ran.Add(image);
            }
        }

        return [.. ran.GroupBy(image => image).OrderByDescending(same => same.Count())
            .ThenBy(same => same.Key.Digest, StringComparer.Ordinal).Select(same => same.Key)];
    }
}
