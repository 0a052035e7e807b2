using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// Changes Deployments, StatefulSets, DaemonSets and CronJobs in clusters, and observes them. Jobs and bare pods are refused.
/// </summary>
/// <param name="clients">The client of a context, by its name.</param>
/// <param name="clock">The clock.</param>
/// <param name="owned">What is disposed of with it; null for nothing.</param>
internal sealed class KubernetesOrchestrator(Func<string, KubernetesClient> clients, TimeProvider clock, IDisposable? owned = null)
    : IOrchestrator, IDisposable
{
    /// <summary>The platform's name in changes.</summary>
    public const string Platform = RingTarget.Kubernetes;

    /// <inheritdoc/>
    public bool CanHandle(string platform) => platform == Platform;

    /// <inheritdoc/>
    public Task<IReadOnlyList<RolloutChange>> CheckAsync(IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default) =>
        ChangeChecks.RunAsync(changes, new RolloutCheck(clients).RunAsync, cancellationToken);

    /// <inheritdoc/>
    public async Task<string?> PrepareAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var target = await WorkloadTarget.OfAsync(change, clients, cancellationToken).ConfigureAwait(false);
        return (await WorkloadStateReader.ReadAsync(target, change, cancellationToken).ConfigureAwait(false)).ToText();
    }

    /// <inheritdoc/>
    public IReadOnlyList<RanImage> RanBefore(RolloutChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change.Before.Length == 0 ? []
            :
            [
                .. WorkloadState.Parse(change.Before, change.Workload).Running
                    .Where(id => RunningImage.DigestOf(id) is not null)
                    .Select(id => new RanImage(RunningImage.DigestOf(id)!, id.Contains('@', StringComparison.Ordinal))).Distinct(),
            ];
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var target = await WorkloadTarget.OfAsync(change, clients, cancellationToken).ConfigureAwait(false);
        return await new WorkloadWriter(target, change).ApplyAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        var target = await WorkloadTarget.OfAsync(change, clients, cancellationToken).ConfigureAwait(false);
        return target.Id.Kind != "CronJob"
            ? await new WorkloadObserver(target, change, new WorkloadJudge(change, target, state), clock)
                .RunAsync(atMost, cancellationToken).ConfigureAwait(false)
            : state == AwaitedState.Old
                ? change with { Status = ChangeStatus.Healthy, Detail = "Its template holds the old image again; no Job was run." }
            : change.Options.TrialJob ? await Trial(target, change).AwaitAsync(atMost, clock, cancellationToken).ConfigureAwait(false)
            : change with
            {
                Status = ChangeStatus.Inconclusive,
                Detail = "Its template holds the new image, and whether that does its work shows at its next run, which is not waited for. "
                    + "Where its ring has trialJob, a Job made from it is run at once.",
            };
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> PromoteAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var target = await WorkloadTarget.OfAsync(change, clients, cancellationToken).ConfigureAwait(false);
        return await new WorkloadWriter(target, change).RestoreAsync(ChangeStatus.Applied, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> FinishAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var target = await WorkloadTarget.OfAsync(change, clients, cancellationToken).ConfigureAwait(false);
        return await new WorkloadWriter(target, change).RestoreAsync(ChangeStatus.Healthy, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var target = await WorkloadTarget.OfAsync(change, clients, cancellationToken).ConfigureAwait(false);
        var result = await new WorkloadWriter(target, change).RevertAsync(cancellationToken).ConfigureAwait(false);
        if (target.Id.Kind == "CronJob" && change.Options.TrialJob)
        {
            await Trial(target, change).DeleteAsync(cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => owned?.Dispose();

    private static TrialJob Trial(WorkloadTarget target, RolloutChange change) =>
        new(target, change, change.Before.Length == 0 ? null : WorkloadState.Parse(change.Before, target.Id.Object));
}
