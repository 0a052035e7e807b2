using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>What an observer looks for.</summary>
internal interface IObservation
{
    /// <summary>Looks at what the platform said: <see cref="ChangeStatus.Applied"/> while it is under way.</summary>
    /// <param name="workload">The object.</param>
    /// <param name="view">All that is known.</param>
    /// <param name="events">Events, as of some seconds ago.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="recheck">When to look again though nothing has changed; null where there is no such time.</param>
    RolloutChange Look(JsonElement workload, WorkloadView view, IReadOnlyList<JsonElement> events, DateTimeOffset now,
        out TimeSpan? recheck);

    /// <summary>Clears what is in the way, before each look; the fault where that is not allowed.</summary>
    Task<PatchException?> ClearAsync(JsonElement workload, WorkloadView view, CancellationToken cancellationToken);
}

/// <summary>Observes a workload until it has come to a state, or for as long as is said.</summary>
internal sealed class WorkloadObserver(WorkloadTarget target, RolloutChange change, IObservation observation, TimeProvider clock)
{
    private static readonly TimeSpan s_eventsAfter = TimeSpan.FromSeconds(10);

    private readonly WorkloadEvents _reader = new(target);
    private IReadOnlyList<JsonElement> _events = [];
    private DateTimeOffset _eventsReadAt;
    private RolloutChange? _last;

    /// <summary>Observes it; with no time at all it looks once.</summary>
    /// <exception cref="PatchException">The platform could not be asked when the time was over, or refused.</exception>
    public async Task<RolloutChange> RunAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        _eventsReadAt = clock.GetUtcNow();
        var until = _eventsReadAt + atMost;
        if (atMost > TimeSpan.Zero)
        {
            var feed = WorkloadFeed.Start(target, clock, cancellationToken);
            await using var ending = feed.ConfigureAwait(false);
            for (var left = atMost; left > TimeSpan.Zero; left = until - clock.GetUtcNow())
            {
                var (result, recheck) = await LookAsync(feed.Current, cancellationToken).ConfigureAwait(false);
                if (result is { Status: not ChangeStatus.Applied })
                {
                    return result;
                }

                await feed.WaitAsync(Least(left, recheck ?? left, s_eventsAfter), cancellationToken).ConfigureAwait(false);
            }
        }

        // Nothing more is awaited: why it is not there yet is looked at thoroughly.
        _eventsReadAt = DateTimeOffset.MinValue;
        var view = await WorkloadView.ReadAsync(target, cancellationToken).ConfigureAwait(false);
        var (final, _) = await LookAsync(view, cancellationToken).ConfigureAwait(false);

        // What was seen before the platform was lost says neither that it is well nor that it has failed.
        return final ?? throw (_last is null ? view.Fault!
            : new PatchException(view.Fault!.Code, view.Fault.Target, $"{_last.Detail} {view.Fault.Message}", view.Fault));
    }

    // No result where nothing is known.
    private async Task<(RolloutChange? Result, TimeSpan? Recheck)> LookAsync(WorkloadView view, CancellationToken cancellationToken)
    {
        if (view.IsGone)
        {
            return (change with { Status = ChangeStatus.LeftAlone, Detail = $"{target.Id.Object} is gone: someone deleted it." }, null);
        }

        if (view.Fault is { Code: PatchErrorCode.Forbidden or PatchErrorCode.Unauthorized } refused)
        {
            throw refused;
        }

        if (view.Workload is not { } workload)
        {
            return (null, null);
        }

        if (await observation.ClearAsync(workload, view, cancellationToken).ConfigureAwait(false) is { } fault)
        {
            return (change with { Status = ChangeStatus.Failed, Detail = fault.Message }, null);
        }

        var result = observation.Look(workload, view, _events, clock.GetUtcNow(), out var recheck);
        if (result.Status == ChangeStatus.Failed
            || (result.Status == ChangeStatus.Applied && _eventsReadAt + s_eventsAfter <= clock.GetUtcNow()))
        {
            _events = await _reader.ReadAsync(workload, view.Pods, cancellationToken).ConfigureAwait(false);
            _eventsReadAt = clock.GetUtcNow();
            result = observation.Look(workload, view, _events, clock.GetUtcNow(), out recheck);
        }

        _last = result;
        return (result, recheck);
    }

    private static TimeSpan Least(params ReadOnlySpan<TimeSpan> times)
    {
        var least = times[0];
        foreach (var time in times)
        {
            least = time < least ? time : least;
        }

        return least;
    }
}
