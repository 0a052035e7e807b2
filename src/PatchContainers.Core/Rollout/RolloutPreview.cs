using PatchContainers.Rollout.Journal;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.Rollout;

/// <summary>
/// What resuming, stopping, approving or undoing a rollout would do, as its journal stands: a planned rollout whose reason says it in
/// words, with the changes it is about and the steps that change something. Nothing is written. It answers one question.
/// </summary>
public sealed class RolloutPreview
{
    private readonly RolloutState _state;
    private readonly DateTimeOffset _now;

    internal RolloutPreview(RolloutState state, DateTimeOffset now) => (_state, _now) = (state, now);

    private string Rollout => $"the rollout {_state.Id}";

    /// <summary>What is still to be changed, or to be put back where that has begun.</summary>
    public PatchRollout Resume()
    {
        if (_state.HasEnded)
        {
            return Nothing();
        }

        var goesBack = _state.Undo is not null
            || (_state.Plan.OnFailure == FailureAction.Rollback && _state.Rings.Any(r => r.Status == RingStatus.Failed));
        var reason = $"{_state.Reason.TrimEnd('.')}. ".TrimStart('.', ' ');
        return goesBack
            ? Of($"Go on putting {Rollout} back. {reason}", RolloutAction.Revert,
                RolloutDecision.ToUndo(_state, _state.Undo ?? _state.Plan.RollbackScope))
            : Of($"Go on with {Rollout}, which is {_state.Status}. {reason}", RolloutAction.Apply,
                [.. _state.Changes.Where(c => c.Now is null && RolloutDecision.IsActive(_state, c))]);
    }

    /// <summary>The canaries that would be put back. What was changed besides stays.</summary>
    public PatchRollout Stop()
    {
        if (_state.HasEnded)
        {
            return Nothing();
        }

        var stays = _state.Changes.Count(c => c is { MayBeOurs: true, PutBack: null, IsHeld: false });
        return Of($"Stop {Rollout} for good, which is {_state.Status}. "
            + FormattableString.Invariant($"{stays} workloads were changed and stay so; canaries are put back."),
            RolloutAction.Revert, [.. _state.Changes.Where(c => c.IsHeld).Reverse()]);
    }

    /// <summary>What an approval lets go on.</summary>
    /// <param name="ring">The ring; empty for all that wait or will.</param>
    /// <param name="lasting">For how long the yes would hold; null for always.</param>
    /// <exception cref="PatchException">As <see cref="RolloutService.ApproveAsync"/> says.</exception>
    public PatchRollout Approve(string ring, TimeSpan? lasting)
    {
        ArgumentNullException.ThrowIfNull(ring);
        _state.CheckApprovable(ring);
        var until = lasting is { } time ? $" until {WindowDates.Format(_now + time)}" : string.Empty;
        var which = ring.Length > 0 ? $"the ring {ring}" : "every ring that waits for it, or will,";
        return Of($"Approve {which} of {Rollout}{until}. Nothing runs by it: resume goes on.", RolloutAction.Apply, []);
    }

    /// <summary>What would be put back, last change first. What somebody else changed meanwhile is left, and shows only then.</summary>
    public PatchRollout Undo(RollbackScope scope)
    {
        _state.Add(new JournalEntry { Number = 0, Kind = JournalEntryKind.Undo, Scope = scope, Time = _now });
        var changes = RolloutDecision.ToUndo(_state, scope);
        return Of(changes.Count == 0 ? $"There is nothing of {Rollout} to put back."
            : FormattableString.Invariant($"{changes.Count} workloads of {Rollout} would be put back, last first."),
            RolloutAction.Revert, changes);
    }

    private PatchRollout Nothing() => Of($"Nothing: {Rollout} has ended, and is {_state.Status}.", RolloutAction.Apply, []);

    private PatchRollout Of(string reason, string action, IReadOnlyList<ChangeState> changes) => _state.ToRecord() with
    {
        Id = string.Empty,
        Status = RolloutStatus.Planned,
        Reason = reason.TrimEnd(),
        Changes = changes.Select(c => c.ToRecord()).ToArray(),
        Steps = changes.Select(c => new RolloutStep
        {
            Number = 0,
            Action = action,
            Ring = c.Plan.Ring,
            Target = c.Plan.Workload,
            Detail = action == RolloutAction.Revert ? $"{c.Plan.NewImage} -> {c.Plan.OldImage}" : $"{c.Plan.OldImage} -> {c.Plan.NewImage}",
        }).ToArray(),
    };
}
