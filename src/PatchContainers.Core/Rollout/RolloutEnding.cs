using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>How rollouts end, and what is said of it. A rollback is never a success, and a file is never healthy.</summary>
internal static class RolloutEnding
{
    private const string NotObserved = "Files were written; no platform was observed.";

    /// <summary>All rings are done.</summary>
    public static PlannedStep AfterLastRing(RolloutState state)
    {
        var failed = state.Rings.Where(r => r.Status == RingStatus.Failed).ToList();
        if (failed.Count > 0)
        {
            var heldBack = state.Changes.Count(c => RolloutDecision.IsHeldBack(state, c));
            return End(RolloutStatus.Frozen,
                $"{string.Join(' ', failed.Select(r => Sentence(r.Failure)))} The plan said to go on with the other digests; {heldBack} changes of "
                + $"those that failed were held back.{Leftovers(state)}");
        }

        var made = state.Changes.Count(c => c.Made is not null);
        var there = state.Changes.Count(c => c.WasThere);
        var refused = state.Changes.Count(c => c.IsRefused);
        var what = (made, there) switch
        {
            (0, 0) when refused > 0 => "Nothing was changed.",
            (0, 0) => "There was nothing to change: no workload of these rings names an image that was updated.",
            (0, _) => FormattableString.Invariant($"There was nothing to change: all {there} workloads hold the new image already."),
            (_, 0) => FormattableString.Invariant($"{made} workloads were changed."),
            _ => FormattableString.Invariant($"{made} workloads were changed, {there} held the new image already."),
        };
        return End(RolloutStatus.Succeeded, what
            + (refused > 0 ? FormattableString.Invariant($" {refused} were refused and left as they are.") : string.Empty)
            + (state.Changes.Any(c => c.Made == ChangeStatus.Written) ? " " + NotObserved : string.Empty) + Leftovers(state));
    }

    /// <summary>A ring failed, and the plan says to leave it so.</summary>
    public static PlannedStep Frozen(RingState ring) => End(RolloutStatus.Frozen, $"{Sentence(ring.Failure)} The plan said to leave everything as "
        + "it is.");

    /// <summary>A person asked for it.</summary>
    public static PlannedStep Stopped(RolloutState state, JournalEntry stop)
    {
        var held = state.Changes.Count(c => c.MayBeOurs && c.PutBack is null);
        var back = state.Changes.Count(c => c.PutBack == ChangeStatus.RolledBack);
        var stuck = state.Changes.Where(c => c.IsStuck).ToList();
        return End(RolloutStatus.Stopped, $"{stop.Actor} stopped it{(stop.Detail is { } why ? $": {Sentence(why)}" : ".")} "
            + (back == 0 ? string.Empty : FormattableString.Invariant($"{back} canaries were put back. "))
            + (stuck.Count == 0 ? string.Empty : FormattableString.Invariant($"{stuck.Count} canaries could not be put back: ")
                + $"{string.Join(' ', stuck.Select(c => $"{c.Plan.Workload}: {c.Detail}"))} ")
            + FormattableString.Invariant($"{held} workloads were changed and stay so. Undo puts them back."));
    }

    /// <summary>Everything that could be put back was.</summary>
    public static PlannedStep AfterRevert(RolloutState state, string cause)
    {
        cause = Sentence(cause);
        var stuck = state.Changes.Where(c => c.IsStuck).ToList();
        var back = state.Changes.Count(c => c.PutBack == ChangeStatus.RolledBack);
        if (stuck.Count > 0)
        {
            return End(RolloutStatus.Failed,
                $"{cause} {back} workloads were put back, {stuck.Count} could not be: "
                + $"{string.Join(' ', stuck.Select(c => $"{c.Plan.Workload}: {c.Detail}"))}");
        }

        var pinned = state.Changes.Count(c => c.PutBack == ChangeStatus.RolledBack && c.BackTo is { } to && to != c.Plan.OldImage);
        var kept = state.Changes.Where(c => c.Made is ChangeStatus.Written or ChangeStatus.Healthy && c.PutBack is null)
            .Select(c => c.Plan.Ring).Distinct().ToList();
        return End(RolloutStatus.RolledBack, cause
            + (back == 0 ? " Nothing had to be put back." : FormattableString.Invariant($" {back} workloads hold their old image again."))
            + (pinned == 0 ? string.Empty
                : FormattableString.Invariant($" {pinned} of them are pinned to the digest that ran, which the old name does not stand for now."))
            + (kept.Count == 0 ? string.Empty : $" The new images stay in {string.Join(", ", kept)}, as was asked for.")
            + (state.Changes.Any(c => c.Made == ChangeStatus.Written) ? " " + NotObserved : string.Empty) + Leftovers(state));
    }

    private static string Leftovers(RolloutState state) => string.Concat(state.Changes.Where(c => c.Leftover is not null)
        .Select(c => $" What ran before is still there: {c.Plan.Workload}: {Sentence(c.Leftover!)}"));

    // What people and platforms say need not end as a sentence does.
    private static string Sentence(string text) => text.Length > 0 && text[^1] is not ('.' or '!' or '?') ? text + "." : text;

    private static PlannedStep End(RolloutStatus status, string reason) =>
        new(RolloutAction.End) { Outcome = status.ToString(), Detail = reason };
}
