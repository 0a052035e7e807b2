using PatchContainers.History;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>
/// The history's records of a rollout, made from the journal alone: whoever goes on after a crash makes the same record with the same
/// key, and the history has it once.
/// </summary>
internal static class RolloutRecords
{
    /// <summary>The records of an entry, in order: none for those that decide nothing; of a gate's verdict, one for each new image.</summary>
    public static IReadOnlyList<PatchRecord> Of(RolloutState state, JournalEntry entry) =>
        entry is { Kind: JournalEntryKind.Ended, Action: RolloutAction.Gate } ? OfGate(state, entry)
        : One(state, entry) is { } record ? [record] : [];

    private static PatchRecord? One(RolloutState state, JournalEntry entry) => entry.Kind switch
    {
        JournalEntryKind.Planned => Run(state, entry, "Started",
            $"{state.Changes.Count(c => !c.IsRefused)} workloads in the rings "
            + $"{string.Join(", ", state.Plan.Rings.Select(r => r.Name))} of {state.Plan.Scope}."
            + (state.Plan.SkippedGates.Count == 0 ? string.Empty : $" Not asked: {string.Join(", ", state.Plan.SkippedGates)}.")),
        JournalEntryKind.Taken => Run(state, entry, "Resumed", "Another process went on with it."),
        JournalEntryKind.Undo => Run(state, entry, "Undo", $"Putting back was asked for ({entry.Scope})."),
        JournalEntryKind.Approved => Run(state, entry, "Approved", $"{entry.Ring ?? "Every ring"} was approved"
            + (entry.Deadline is { } until ? $" until {until.UtcDateTime:u}" : string.Empty) + (entry.Detail is { } why ? $": {why}" : "."))
            with { Key = $"{state.Id}/request/{entry.Request}" },
        JournalEntryKind.StopAsked => Run(state, entry, "StopAsked", entry.Detail ?? "A stop was asked for.")
            with { Key = $"{state.Id}/request/{entry.Request}" },
        JournalEntryKind.Ended => OfStep(state, entry),
        _ => null,
    };

    /// <summary>
    /// The record of a step that only decides, from its beginning: it is written before the step ends, so that the journal can hold its
    /// hash.
    /// </summary>
    public static PatchRecord OfDecision(RolloutState state, JournalEntry started) => Step(state, started) with
    {
        Kind = PatchRecordKind.Rollout,
        Outcome = started.Outcome ?? string.Empty,
    };

    private static PatchRecord? OfStep(RolloutState state, JournalEntry ended) => ended.Action switch
    {
        RolloutAction.Apply or RolloutAction.Revert => OfChange(state, ended),
        RolloutAction.Await when ended.Found is not null => OfReadiness(state, ended),
        RolloutAction.Pass => Step(state, ended) with { Kind = PatchRecordKind.Rollout, Outcome = "RingPassed",
            Gates = GatesOf(state, ended) },
        RolloutAction.Fail => Step(state, ended) with { Kind = PatchRecordKind.Rollout, Outcome = "RingFailed",
            Gates = GatesOf(state, ended) },
        RolloutAction.Quarantine => Step(state, ended) with
        {
            Kind = PatchRecordKind.Quarantine,
            NewDigest = ended.Target ?? string.Empty,
            Image = state.Changes.FirstOrDefault(c => c.Plan.NewDigest == ended.Target)?.Plan.NewImage ?? string.Empty,
        },
        _ => null,
    };

    // The verdict is the ring's; who asks for an image finds it, whichever other images were in the ring.
    private static PatchRecord[] OfGate(RolloutState state, JournalEntry ended)
    {
        var record = Step(state, ended) with { Kind = PatchRecordKind.Gate, Gates = [$"{ended.Target}: {ended.Outcome}"] };
        var images = state.ChangesOf(ended.Ring ?? string.Empty).Where(c => c.Holds && RolloutDecision.IsActive(state, c))
            .GroupBy(c => c.Plan.NewImage, StringComparer.Ordinal).ToList();
        return images.Count == 0 ? [record] : [.. images.Select((changes, i) => record with
        {
            Image = changes.Key,
            OldDigest = changes.Select(c => c.Plan.OldDigest).Distinct().Count() == 1 ? changes.First().Plan.OldDigest : string.Empty,
            NewDigest = changes.First().Plan.NewDigest,
            Key = i == 0 ? record.Key : FormattableString.Invariant($"{record.Key}/{i + 1}"),
        })];
    }

    private static PatchRecord OfReadiness(RolloutState state, JournalEntry ended)
    {
        var record = Step(state, ended) with { Kind = PatchRecordKind.Gate, Gates = [$"readiness: {Readiness(ended)}"] };
        return ended.Change is not { } index ? record : record with
        {
            Image = state.Changes[index].Plan.NewImage,
            OldDigest = state.Changes[index].Plan.OldDigest,
            NewDigest = state.Changes[index].Plan.NewDigest,
            Workload = state.Changes[index].Plan.Workload,
        };
    }

    private static PatchRecord OfChange(RolloutState state, JournalEntry ended)
    {
        var change = state.Changes[ended.Change!.Value].Plan;
        var isRevert = ended.Action == RolloutAction.Revert;
        return Step(state, ended) with
        {
            Kind = PatchRecordKind.Change,
            Image = isRevert ? change.NewImage : change.OldImage,
            OldDigest = isRevert ? change.NewDigest : change.OldDigest,
            NewDigest = isRevert ? change.OldDigest : change.NewDigest,
            Workload = change.Workload,
            Findings = isRevert ? [] : state.Plan.Fixes.GetValueOrDefault(change.NewDigest, []),
        };
    }

    private static GateVerdict Readiness(JournalEntry ended) => ended.Outcome switch
    {
        nameof(ChangeStatus.Healthy) => GateVerdict.Passed,
        nameof(ChangeStatus.Failed) => GateVerdict.Failed,
        _ => GateVerdict.Inconclusive,
    };

    private static string[] GatesOf(RolloutState state, JournalEntry entry) =>
        [.. state.Rings.Where(r => r.Name == entry.Ring).SelectMany(r => r.Gates).Select(g => $"{g.Result.Gate}: {g.Result.Verdict}")];

    private static PatchRecord Step(RolloutState state, JournalEntry entry) => new()
    {
        Time = entry.Time,
        Actor = entry.Actor ?? string.Empty,
        Rollout = state.Id,
        Outcome = entry.Outcome ?? string.Empty,
        Detail = entry.Detail ?? string.Empty,
        Key = FormattableString.Invariant($"{state.Id}/{entry.Step}/{state.StepAttempt}"),
    };

    private static PatchRecord Run(RolloutState state, JournalEntry entry, string outcome, string detail) => new()
    {
        Time = entry.Time,
        Actor = entry.Actor ?? string.Empty,
        Kind = PatchRecordKind.Rollout,
        Rollout = state.Id,
        Outcome = outcome,
        Detail = detail,
        Key = FormattableString.Invariant($"{state.Id}/0/{state.Attempt}"),
    };
}
