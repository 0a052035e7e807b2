using System.Globalization;
using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>
/// Says whether a service has come to the state that a change waits for, from what the manager says of the update and from the tasks
/// together: an update may be complete whose tasks fail, and a task may fail without an error.
/// </summary>
/// <param name="target">The service.</param>
/// <param name="change">The change.</param>
/// <param name="state">What is waited for.</param>
internal sealed class SwarmJudge(SwarmTarget target, RolloutChange change, AwaitedState state)
{
    /// <summary>What the manager waits after a task runs, where the UpdateConfig does not say.</summary>
    private static readonly TimeSpan s_monitor = TimeSpan.FromSeconds(5);

    private readonly SwarmState? _before = SwarmState.Of(change);
    private readonly TaskLog _log = new(target.Id.Name, state == AwaitedState.Old ? null : SwarmState.Of(change)?.Ended);
    private readonly Dictionary<string, DateTimeOffset> _runsSince = new(StringComparer.Ordinal);
    private DateTimeOffset? _lostAt;

    /// <summary>Looks at a service: <see cref="ChangeStatus.Applied"/> while it is under way.</summary>
    /// <param name="service">The service.</param>
    /// <param name="tasks">Its tasks, also those that have ended.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="isLast">Whether there is no time left: then a canary that runs has run for long enough.</param>
    /// <param name="started">Tasks whose containers run, although the manager does not say so yet.</param>
    public RolloutChange Look(JsonElement service, IReadOnlyList<JsonElement> tasks, DateTimeOffset now, bool isLast,
        IReadOnlyCollection<JsonElement> started)
    {
        var image = service.ImageOfService();
        var awaited = tasks.Where(t => t.ImageOfTask() == (Expected(image) ? image : Awaited)).ToList();
        _log.Add(awaited, now);
        foreach (var task in started.Where(s => awaited.Exists(t => t.Word("ID") == s.Word("ID"))))
        {
            _log.Started(task);
        }

        bool HasSettled(JsonElement task) => this.HasSettled(service, task, now);
        if (!Expected(image))
        {
            return SwarmRules.WentBack(service, _before) && IsAutomatic(service)
                ? Failed($"{target.Object}: Swarm itself went back to '{image}' ({service.UpdateState()}): {service.UpdateMessage()}.",
                    service, awaited, now)
                : With(ChangeStatus.LeftAlone, $"{target.Object} holds '{image}' now, and not '{Awaited}': someone else changed it.");
        }

        if (service.IsPaused())
        {
            return Failed($"{target.Object}: Swarm gave the update up ({service.UpdateState()}): {service.UpdateMessage()}.", service,
                awaited, now);
        }

        var wanted = tasks.Where(t => t.IsWanted()).ToList();

        // A global service counts no tasks: a node whose task ended and is not started again still has to run one.
        var due = service.Replicas() ?? wanted.Concat(_log.Ended).Select(t => t.Place()).Distinct(StringComparer.Ordinal).Count();
        var running = awaited.Where(t => t.IsRunning()).ToList();
        var progress = Progress(service, wanted, running, due);

        // A manager that continues on failure, or was started anew in the middle of the update, watches no task.
        if (progress.Length == 0 && running.Exists(t => !HasSettled(t) && (!isLast || _lostAt is not null || _log.HasEndedBefore(t))))
        {
            progress = "All tasks run, and one has not run for long enough.";
        }

        if (progress.Length == 0)
        {
            return Ready(running.Count, due);
        }

        var trouble = _log.Worst(awaited, now, HasSettled);
        if (trouble is not { IsFatal: true } && state == AwaitedState.Canary && _before is { CanaryCount: > 0 } before)
        {
            if (due == 0)
            {
                return With(ChangeStatus.Inconclusive, $"{target.Object} was scaled down: no task of its canary is left.");
            }

            var count = Math.Min(before.CanaryCount, due);
            if (running.Count(t => (isLast && !_log.HasEndedBefore(t)) || HasSettled(t)) >= count)
            {
                return With(ChangeStatus.Healthy, running.Count > count
                    ? Say($"{running.Count} tasks of the new version run, and not the {count} of the canary alone: a manager was started ")
                        + "anew, old tasks ended, or someone else has written the service."
                    : Say($"{running.Count} tasks of the new version run; the others stay as they were.")) with { Ran = true };
            }

            progress = Say($"{running.Count} of {count} tasks of the canary run.");
        }

        return With(trouble is { IsFatal: true } ? ChangeStatus.Failed : ChangeStatus.Applied,
            trouble is null ? progress : $"{progress} {trouble.Detail}") with
        {
            Ran = trouble?.IsOfRunning != false && _log.HasRun,
        };
    }

    /// <summary>
    /// Takes in that the manager could not be asked for a while. Where its engine was started anew, containers ended with it: what ended
    /// may say nothing of the image from then on, and what is said to run may have ended before.
    /// </summary>
    /// <param name="at">When that was, UTC.</param>
    public void Lost(DateTimeOffset at)
    {
        if (!(at <= _lostAt))
        {
            _lostAt = at;
            _log.Lost(at);
        }
    }

    private string Awaited => state == AwaitedState.Old ? change.OldImage : change.NewImage;

    // What is not there yet, in one sentence; empty where everything is.
    private string Progress(JsonElement service, List<JsonElement> wanted, List<JsonElement> running, long due)
    {
        if (state != AwaitedState.Canary && UpdateSettings.IsHeld(SwarmEdit.UpdateConfigOf(service)))
        {
            return "It is held as a canary.";
        }

        var old = wanted.Count(t => t.ImageOfTask() != service.ImageOfService());
        return running.Select(t => t.Place()).Distinct(StringComparer.Ordinal).Count() < due ? Say($"{running.Count} of {due} tasks run.")
            : old > 0 ? Say($"{old} tasks of the other version have not ended yet.")
            : service.IsUpdating() ? $"All tasks run, and Swarm watches them still ({service.UpdateState()})." : string.Empty;
    }

    private RolloutChange Ready(int running, long due) => due > 0
        ? With(ChangeStatus.Healthy, Say($"All {running} tasks run.")) with { Ran = state != AwaitedState.Old }
        : state == AwaitedState.Canary && _before is { CanaryCount: > 0 }
            ? With(ChangeStatus.Inconclusive, $"{target.Object} was scaled down: no task of its canary is left.")
        : With(ChangeStatus.Healthy, $"{target.Object} is to have no task: nothing runs the image.");

    // As long as the manager itself would watch: a container without a health check runs at once, and may end a moment later. Its start is
    // by the clock of its node, which may be another than ours.
    private bool HasSettled(JsonElement service, JsonElement task, DateTimeOffset now)
    {
        var monitor = service.Number("Spec", "UpdateConfig", "Monitor") is > 0 and var nanoseconds
            ? TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick) : s_monitor;
        var (id, started) = (task.Word("ID"), task.Time("Status", "Timestamp") ?? now);
        if (!_runsSince.TryGetValue(id, out var seen) || seen <= _lostAt)
        {
            _runsSince[id] = seen = now;
        }

        return now - seen >= monitor || (!(started <= _lostAt) && now - started >= monitor);
    }

    private RolloutChange Failed(string what, JsonElement service, List<JsonElement> awaited, DateTimeOffset now)
    {
        // The task that the manager names, or what is known besides.
        var message = service.UpdateMessage();
        var named = _log.Ended.Where(t => message.Contains(t.Word("ID"), StringComparison.Ordinal)).ToList();
        var ended = named.Count > 0 ? named : [.. _log.Ended];
        var trouble = ended.Count > 0 ? null : _log.Worst(awaited, now, t => HasSettled(service, t, now));
        var ran = ended.Count > 0 ? ended.Exists(_log.HasRunByItself) : trouble?.IsOfRunning != false && _log.HasRun;
        var detail = string.Join(' ', ended.Select(_log.Say).Distinct().Take(3).Prepend(what).Append(trouble?.Detail ?? string.Empty)
            .Append(_lostAt is not null && !ran ? "The manager could not be asked meanwhile: what ended may have ended with its engine."
                : string.Empty));
        return With(ChangeStatus.Failed, detail.TrimEnd()) with { Ran = ran };
    }

    // Told by a person to go back, the manager keeps where it came from.
    private static bool IsAutomatic(JsonElement service) => service.At("PreviousSpec") is not { ValueKind: JsonValueKind.Object };

    // Put back may also mean: never changed, and the caller wants the same digest pinned.
    private bool Expected(string? image) => state == AwaitedState.Old ? image == change.OldImage
        || (image == _before?.Image && image != change.NewImage) : image == change.NewImage;

    private RolloutChange With(ChangeStatus status, string detail) => change with { Status = status, Detail = detail };

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
