using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>
/// Observes a service until it has come to a state, or for as long as is said. The manager tells of no task by itself: it is asked.
/// </summary>
internal sealed class SwarmObserver(SwarmTarget target, RolloutChange change, SwarmJudge judge, TimeProvider clock)
{
    private const int Attempts = 5;

    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    /// <summary>Observes it; with no time at all it looks once.</summary>
    /// <exception cref="PatchException">The manager could not be asked when the time was over, or refused.</exception>
    public async Task<RolloutChange> RunAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var began = clock.GetUtcNow();
        RolloutChange? last = null;
        for (;;)
        {
            var left = began + atMost - clock.GetUtcNow();
            try
            {
                last = await LookAsync(left <= TimeSpan.Zero, began, cancellationToken).ConfigureAwait(false);
                if (last.Status != ChangeStatus.Applied || left <= TimeSpan.Zero)
                {
                    return last;
                }
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.Unreachable or PatchErrorCode.ProtocolError || SwarmRules.IsLeaving(e))
            {
                judge.Lost(clock.GetUtcNow());

                // What was seen before the manager was lost says neither that it is well nor that it has failed.
                if (left <= TimeSpan.Zero)
                {
                    throw last is null ? e : new PatchException(e.Code, e.Target, $"{last.Detail} {e.Message}", e);
                }
            }

            // Most are there in seconds, and some take minutes.
            var pause = (clock.GetUtcNow() - began) / 20;
            pause = pause < s_shortest ? s_shortest : pause > s_longest ? s_longest : pause;
            await Task.Delay(pause < left ? pause : left, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RolloutChange> LookAsync(bool isLast, DateTimeOffset began, CancellationToken cancellationToken)
    {
        try
        {
            var service = await target.GetAsync(cancellationToken).ConfigureAwait(false);
            for (var attempt = 1; ; attempt++)
            {
                var tasks = await target.TasksAsync(service, cancellationToken).ConfigureAwait(false);
                if (target.Client.LastFault is { } lost && lost >= began)
                {
                    judge.Lost(lost);
                }

                var started = isLast ? await StartedAsync(tasks, cancellationToken).ConfigureAwait(false) : [];
                var result = judge.Look(service, tasks, clock.GetUtcNow(), isLast, started);
                if (result.Status != ChangeStatus.Healthy)
                {
                    return result;
                }

                // It is well only if the manager says the same of the update before and after the tasks were read.
                var again = await target.GetAsync(cancellationToken).ConfigureAwait(false);
                if (again.Number("Version", "Index") == service.Number("Version", "Index"))
                {
                    return result;
                }

                if (attempt == Attempts)
                {
                    return result with { Status = ChangeStatus.Applied, Detail = $"{target.Object} is written again and again." };
                }

                service = again;
            }
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
        {
            return change with { Status = ChangeStatus.LeftAlone, Detail = $"{target.Object} is gone: someone deleted it." };
        }
    }

    // Of a container with a health check the manager knows that it starts, until it is healthy. Its node's engine knows whether it runs;
    // that is this one, or it stays unknown.
    private async Task<IReadOnlyCollection<JsonElement>> StartedAsync(IReadOnlyList<JsonElement> tasks, CancellationToken cancellationToken)
    {
        var started = new List<JsonElement>();
        foreach (var task in tasks.Where(t => t.State() == "starting" && t.ContainerOfTask().Length > 0))
        {
            try
            {
                var id = task.ContainerOfTask();
                var container = await target.Client.Containers.InspectAsync(id, cancellationToken).ConfigureAwait(false);
                if (container.IsTrue("State", "Running"))
                {
                    started.Add(task);
                }
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
            {
                // It is on another node, or gone.
            }
        }

        return started;
    }
}
