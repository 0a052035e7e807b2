using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>Plans rollouts, runs them ring by ring, resumes them after a crash, and undoes them.</summary>
public sealed class RolloutService
{
    /// <summary>Makes a service for one run.</summary>
    /// <param name="journal">Where every step is written before and after it is done.</param>
    /// <param name="quarantine">The digests that failed.</param>
    /// <param name="history">Where decisions are recorded.</param>
    /// <param name="openFiles">Lists the workloads in a folder.</param>
    /// <param name="orchestrators">What makes changes.</param>
    /// <param name="gates">Makes the gates that a plan names; see <see cref="GateFactory"/>.</param>
    /// <param name="clock">The time.</param>
    public RolloutService(IJournalStore journal, QuarantineStore quarantine, IHistoryStore history, Func<string, IWorkloadSource> openFiles,
        IReadOnlyList<IOrchestrator> orchestrators, Func<RolloutGate, IHealthGate> gates, TimeProvider clock) =>
        _ = (journal, quarantine, history, openFiles, orchestrators, gates, clock);

    /// <summary>Plans a rollout. Nothing is written.</summary>
    public Task<RolloutPlan> PlanAsync(RolloutRequest request, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Begins a rollout and runs it until it ends or has to wait.</summary>
    public Task<PatchRollout> StartAsync(RolloutPlan plan, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Goes on with a rollout that was killed or waits. One that has ended is given back as it is.</summary>
    public Task<PatchRollout> ResumeAsync(string id, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>What an undo would put back, without writing: the rollout with its changes as they stand.</summary>
    public Task<PatchRollout> UndoAsync(string id, RollbackScope scope, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>A rollout as its journal has it.</summary>
    public Task<PatchRollout> GetAsync(string id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>All rollouts, oldest first. A journal that cannot be read is reported, and the rest goes on.</summary>
    public IAsyncEnumerable<PatchRollout> ListAsync(IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();
}
