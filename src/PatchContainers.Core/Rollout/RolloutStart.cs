using System.Security.Cryptography;
using PatchContainers.Inventory;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>Begins a rollout, unless something speaks against it.</summary>
internal sealed class RolloutStart(RolloutPlan plan, RolloutParts parts, Func<RingTarget, IWorkloadSource> open)
{
    private const int IdAttempts = 16;

    /// <summary>What the plan refuses keeps the rollout from beginning, unless a person said to leave it out.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotPromotable"/> or <see cref="PatchErrorCode.ChangeRefused"/>, listing
    /// what is refused.</exception>
    public void CheckRefusals()
    {
        if (!plan.SkipRefused)
        {
            Refuse(plan.Refusals);
        }
    }

    /// <summary>Checks what may have come between the plan and now.</summary>
    /// <param name="rollouts">All rollouts.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>: another rollout of the same workloads has not ended;
    /// <see cref="PatchErrorCode.NotPromotable"/>: a digest has lost its way in.</exception>
    public Task CheckAsync(IReadOnlyList<RolloutState> rollouts, CancellationToken cancellationToken)
    {
        CheckUnfinished(rollouts);
        return CheckStillPromotableAsync(rollouts, cancellationToken);
    }

    /// <summary>Writes its journal's first entry.</summary>
    public async Task<RolloutState> CreateAsync(bool detached, JournalLease lease, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var now = parts.Clock.GetUtcNow();
            var id = FormattableString.Invariant($"{now:yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetInt32(0x10000):x4}");
            var first = new JournalEntry
            {
                Number = 1,
                Kind = JournalEntryKind.Planned,
                Time = now,
                Fence = lease.Fence,
                Actor = parts.Actor,
                Plan = plan,
                Detached = detached,
            };
            try
            {
                await parts.Journal.CreateAsync(id, lease, first, cancellationToken).ConfigureAwait(false);
                return RolloutState.Of(id, [first])!;
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.AlreadyExists && attempt < IdAttempts)
            {
                // Another rollout began in the same second and drew the same number.
            }
        }
    }

    private void Refuse(IReadOnlyList<RolloutRefusal> refusals)
    {
        if (refusals.Count == 0)
        {
            return;
        }

        var code = refusals.Any(r => r.Code == PatchErrorCode.NotPromotable) ? PatchErrorCode.NotPromotable : PatchErrorCode.ChangeRefused;
        throw new PatchException(code, plan.Path,
            $"Nothing was rolled out: {refusals.Count} of {plan.Changes.Count} changes are refused. "
            + $"{string.Join(' ', refusals.GroupBy(r => (r.Ring, r.Reason)).Select(Describe))} "
            + "See to them, or have what is refused skipped.");
    }

    // A digest that did not pass is one reason for every workload that names it.
    private static string Describe(IGrouping<(string Ring, string Reason), RolloutRefusal> refusals) => refusals.Count() == 1
        ? $"{refusals.Key.Ring}: {refusals.Single().Workload}: {refusals.Key.Reason}"
        : $"{refusals.Key.Ring}: {refusals.Key.Reason} That holds for {string.Join(", ", refusals.Select(r => r.Workload))}.";

    // Two rollouts of one folder, of one plan, or of one workload would each take the other's changes for somebody else's.
    private void CheckUnfinished(IReadOnlyList<RolloutState> rollouts)
    {
        var workloads = plan.Changes.Where(c => c.Status != ChangeStatus.Refused).Select(c => c.Workload).ToHashSet(StringComparer.Ordinal);
        if (rollouts.FirstOrDefault(r => r.IsUnfinished && (r.Plan.Scope == plan.Scope || Overlap(r.Plan, plan)
            || r.Changes.Any(c => !c.IsRefused && workloads.Contains(c.Plan.Workload)))) is { } other)
        {
            throw new PatchException(PatchErrorCode.Conflict, plan.Scope,
                $"The rollout {other.Id} of '{other.Plan.Scope}', begun by {other.Actor} at {other.StartedAt:u}, is {other.Status}. Resume "
                + "it, undo it or stop it first.");
        }
    }

    private static bool Overlap(RolloutPlan one, RolloutPlan other) => one.Name.Length == 0 && other.Name.Length == 0
        && (RealPath.IsBelow(other.Path, one.Path) || RealPath.IsBelow(one.Path, other.Path));

    // Between plan and start there may be a night, and another rollout.
    private async Task CheckStillPromotableAsync(IReadOnlyList<RolloutState> rollouts, CancellationToken cancellationToken)
    {
        var evidence = new RolloutEvidence(rollouts, plan.Name, plan.Path);
        await evidence.LookAsync(plan.RingOrder.Except(plan.Rings.Select(r => r.Name)), open, cancellationToken).ConfigureAwait(false);
        var promotion = new RolloutPromotion(evidence, await parts.Quarantine.GetAsync(cancellationToken)
            .ConfigureAwait(false));
        var refusals = plan.Changes.Where(c => c.Status != ChangeStatus.Refused)
            .Select(c => (Change: c, Why: promotion.WhyNot(c, plan))).Where(x => x.Why is not null)
            .Select(x => new RolloutRefusal(PatchErrorCode.NotPromotable, x.Change.Workload, x.Change.Ring, x.Why!)).ToArray();
        Refuse(refusals);
    }
}
