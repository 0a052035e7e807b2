using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>How containers are watched.</summary>
/// <param name="Steady">How long a container without a health check has to run without a restart.</param>
/// <param name="Interval">How often is looked.</param>
internal sealed record ContainerPace(TimeSpan Steady, TimeSpan Interval)
{
    /// <summary>Ten seconds, looked at twice a second.</summary>
    public static ContainerPace Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(0.5));
}

/// <summary>Observes a container until it is well, or for as long as is said.</summary>
internal sealed class ContainerWatch(
    ContainerTarget target, RolloutChange change, ContainerBefore? before, AwaitedState awaited, ContainerPace pace, TimeProvider clock)
{
    private (string Id, string StartedAt, long Restarts, long Since)? _run;

    /// <summary>Whether the container held the new image before the rollout, or before this change of it.</summary>
    private bool WasThere => before is null || before.Image == change.NewImage;

    /// <summary>Observes it; with no time at all it looks once.</summary>
    /// <exception cref="PatchException">The engine could not be asked when the time was over, or refused.</exception>
    public async Task<RolloutChange> RunAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var rest = atMost - clock.GetElapsedTime(began);
            try
            {
                var seen = await LookAsync(cancellationToken).ConfigureAwait(false);
                if (seen.Status != ChangeStatus.Applied || rest <= TimeSpan.Zero)
                {
                    return seen;
                }
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.Unreachable or PatchErrorCode.Conflict && rest > TimeSpan.Zero)
            {
                // An engine that starts again, or a container that was stopped under a command of its own.
            }

            await Task.Delay(rest < pace.Interval ? rest : pace.Interval, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<RolloutChange> LookAsync(CancellationToken cancellationToken)
    {
        var scene = before is null ? null
            : await ContainerScene.ReadAsync(target, change, before, cancellationToken).ConfigureAwait(false);
        var holder = scene is null ? await target.FindHolderAsync(cancellationToken).ConfigureAwait(false) : scene.Holder;
        if (holder is not { } container || !IsAwaited(scene, container))
        {
            return With(ChangeStatus.LeftAlone, scene is null || !scene.Holds(scene.Old) || awaited == AwaitedState.Old
                ? scene?.Words(target.Name) ?? $"{target.Name} no longer runs {change.NewImage}: someone changed it."
                : $"'{target.Name}' is the old container again: someone put it back.");
        }

        // What was called well before is looked at once: what it does since shows in its restarts.
        var steady = change.Status == ChangeStatus.Healthy || IsSteady(container);
        var verdict = ContainerJudge.Judge(container, steady, awaited != AwaitedState.Old || before is null or { WasHealthy: true });
        if (verdict.Status != ChangeStatus.Healthy)
        {
            return MayHaveEndedWithEngine(container)
                ? With(verdict.Status, $"{verdict.Detail} The engine was lost meanwhile, and what it runs may have ended with it.")
                : With(verdict.Status, verdict.Detail) with { Ran = verdict.Ran };
        }

        return (awaited == AwaitedState.Old ? With(ChangeStatus.Healthy, ServiceGap.Words(container, container))
            : change.Status == ChangeStatus.Healthy ? With(ChangeStatus.Healthy, change.Detail)
            : await BecameHealthyAsync(scene, container, cancellationToken).ConfigureAwait(false)) with { Ran = true };
    }

    private bool IsAwaited(ContainerScene? scene, JsonElement holder) => awaited == AwaitedState.Old
        ? scene is not null && (scene.Holds(scene.Old) || scene.Holds(scene.Back))
        : WasThere ? holder.ImageName() == change.NewImage : scene!.Holds(scene.New);

    // Then it says nothing of its image.
    private bool MayHaveEndedWithEngine(JsonElement container) => container.Status() is "exited" or "dead"
        && target.Client.LastFault >= container.Time("State", "StartedAt");

    private bool IsSteady(JsonElement container)
    {
        var now = clock.GetTimestamp();
        var run = (container.Id(), container.Text("State", "StartedAt") ?? string.Empty, container.Number("RestartCount") ?? 0);
        if (_run is not { } known || (known.Id, known.StartedAt, known.Restarts) != run)
        {
            _run = (run.Item1, run.Item2, run.Item3, now);
            return pace.Steady <= TimeSpan.Zero;
        }

        return clock.GetElapsedTime(known.Since, now) >= pace.Steady;
    }

    private async Task<RolloutChange> BecameHealthyAsync(ContainerScene? scene, JsonElement container, CancellationToken cancellationToken)
    {
        if (WasThere)
        {
            return With(ChangeStatus.Healthy, string.Empty);
        }

        if (ContainerHook.After(container) is { } hook)
        {
            await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
            if (await hook.RunAsync(target.Client, container.Id(), cancellationToken).ConfigureAwait(false) is { } fault)
            {
                return With(ChangeStatus.Failed, $"{fault} It was healthy before.");
            }
        }

        var words = new List<string> { ServiceGap.Words(scene!.Old, container) };
        if (scene.Old is { } old)
        {
            var differences = ContainerDifferences.Find(old, before!, await target.ImageConfigAsync(old, cancellationToken).ConfigureAwait(false),
                container, await target.ImageConfigAsync(container, cancellationToken).ConfigureAwait(false),
                await ContainerNeighbours.BorrowedPlacesAsync(target, old, cancellationToken).ConfigureAwait(false));
            words.Add(differences.Count == 0 ? string.Empty
                : $"It differs from what was there before in more than its image: {string.Join(", ", differences)}.");
        }

        return With(ChangeStatus.Healthy, string.Join(' ', words.Where(w => w.Length > 0)));
    }

    private RolloutChange With(ChangeStatus status, string detail) => change with { Status = status, Detail = detail };
}
