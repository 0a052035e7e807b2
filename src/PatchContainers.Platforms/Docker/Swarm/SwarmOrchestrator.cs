using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>Changes replicated and global services of swarms, and observes them. Jobs are refused.</summary>
/// <param name="clients">The client of a manager, by its address or docker context.</param>
/// <param name="clock">The clock.</param>
/// <param name="owned">What is disposed of with it; null for nothing.</param>
internal sealed class SwarmOrchestrator(Func<string, DockerClient> clients, TimeProvider clock, IDisposable? owned = null)
    : IOrchestrator, IDisposable
{
    /// <inheritdoc/>
    public bool CanHandle(string platform) => platform == DockerWorkloadId.Swarm;

    /// <inheritdoc/>
    public Task<IReadOnlyList<RolloutChange>> CheckAsync(IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default) =>
        ChangeChecks.RunAsync(changes, new SwarmCheck(clients).RunAsync, cancellationToken);

    /// <inheritdoc/>
    public async Task<string?> PrepareAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        (await SwarmStateReader.ReadAsync(SwarmTarget.Of(change, clients), change, cancellationToken).ConfigureAwait(false)).ToText();

    /// <inheritdoc/>
    public IReadOnlyList<RanImage> RanBefore(RolloutChange change) => SwarmState.Of(change)?.Running ?? [];

    /// <inheritdoc/>
    public Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        Writer(change).ApplyAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        var target = SwarmTarget.Of(change, clients);
        return new SwarmObserver(target, change, new SwarmJudge(target, change, state), clock).RunAsync(atMost, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RolloutChange> PromoteAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        Writer(change).PromoteAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<RolloutChange> FinishAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        Writer(change).FinishAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        Writer(change).RevertAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => owned?.Dispose();

    private SwarmWriter Writer(RolloutChange change) => new(SwarmTarget.Of(change, clients), change, clock);
}
