using PatchContainers.History;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Platforms.Kubernetes.Journal;

/// <summary>
/// Leases as Lease objects. Whether a lease is over is judged as client-go judges it, by this machine's clock alone: one whose time looks
/// over is watched for its whole duration, and taken only if nobody prolonged it meanwhile. Only what has been over for
/// <see cref="LongOver"/> is taken at once.
/// </summary>
internal sealed class KubernetesLeases(StateObjects objects, TimeProvider clock)
{
    /// <summary>No clock that anybody relies on is as wrong as this.</summary>
    public static readonly TimeSpan LongOver = TimeSpan.FromHours(1);

    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly ProcessIdentity _process = ProcessIdentity.Current();

    /// <summary>Takes a lease.</summary>
    /// <param name="resource">What it is the right to change.</param>
    /// <param name="lastFence">The greatest fencing number seen elsewhere: asked for where the Lease is not there.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<JournalLease> TakeAsync(string resource, Func<Task<long>> lastFence, CancellationToken cancellationToken)
    {
        var actor = HistoryActor.Current();
        var holder = $"{actor} {Guid.NewGuid():N}";
        var fence = 0L;
        await StateObjects.UntilDoneAsync(resource, async () =>
        {
            var lease = await FindAsync(resource, cancellationToken).ConfigureAwait(false);
            if (lease?.Holder == holder)
            {
                // It was written, and the answer was lost.
                fence = lease.Fence;
                return true;
            }

            if (lease is null)
            {
                lease = LeaseObject.New(resource, await lastFence().ConfigureAwait(false));
            }
            else
            {
                await CheckFreeAsync(resource, lease, cancellationToken).ConfigureAwait(false);
            }

            lease.Take(holder, actor, _process, clock.GetUtcNow(), Duration);
            fence = lease.Fence;
            return await objects.WriteAsync(KubernetesResource.Leases, lease.Content, cancellationToken).ConfigureAwait(false)
                == StateWrite.Done;
        }, cancellationToken).ConfigureAwait(false);
        return new JournalLease(resource, fence);
    }

    public Task RenewAsync(JournalLease lease, CancellationToken cancellationToken) => StateObjects.UntilDoneAsync(lease.Resource, async () =>
    {
        var held = await CheckAsync(lease, cancellationToken).ConfigureAwait(false);
        held.Renew(clock.GetUtcNow());
        return await objects.WriteAsync(KubernetesResource.Leases, held.Content, cancellationToken).ConfigureAwait(false) == StateWrite.Done;
    }, cancellationToken);

    public Task ReleaseAsync(JournalLease lease, CancellationToken cancellationToken) => StateObjects.UntilDoneAsync(lease.Resource, async () =>
    {
        var held = await FindAsync(lease.Resource, cancellationToken).ConfigureAwait(false);
        if (held is null || held.Fence != lease.Fence || held.Holder.Length == 0)
        {
            return true;
        }

        held.Release();
        return await objects.WriteAsync(KubernetesResource.Leases, held.Content, cancellationToken).ConfigureAwait(false) == StateWrite.Done;
    }, cancellationToken);

    /// <summary>Reads a lease that is held.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>: somebody else has taken it.</exception>
    public async Task<LeaseObject> CheckAsync(JournalLease lease, CancellationToken cancellationToken)
    {
        var held = await FindAsync(lease.Resource, cancellationToken).ConfigureAwait(false);
        return held is not null && held.Fence == lease.Fence && held.Holder.Length > 0 ? held : throw Lost(lease, held?.Actor);
    }

    public static PatchException Lost(JournalLease lease, string? actor) => new(PatchErrorCode.Conflict, lease.Resource,
        $"{(string.IsNullOrEmpty(actor) ? "Somebody" : actor)} has taken '{lease.Resource}' over, because its lease was not prolonged in "
        + "time. Nothing more is written from here; see the rollout's journal for who goes on.");

    private async Task<LeaseObject?> FindAsync(string resource, CancellationToken cancellationToken) =>
        await objects.FindAsync(KubernetesResource.Leases, LeaseObject.Name(resource), cancellationToken).ConfigureAwait(false)
            is { } content ? new LeaseObject(content) : null;

    private async Task CheckFreeAsync(string resource, LeaseObject lease, CancellationToken cancellationToken)
    {
        if (lease.Holder.Length == 0 || lease.Process?.IsDead() == true)
        {
            return;
        }

        var over = clock.GetUtcNow() - lease.Renewed - lease.Duration;
        if (over < TimeSpan.Zero)
        {
            throw Held(resource, lease);
        }

        for (var watched = TimeSpan.Zero; over < LongOver && watched < lease.Duration; watched += LookEvery)
        {
            await Task.Delay(LookEvery, clock, cancellationToken).ConfigureAwait(false);
            var now = await FindAsync(resource, cancellationToken).ConfigureAwait(false);
            if (now is null || now.Holder.Length == 0)
            {
                return;
            }

            if (now.Fence != lease.Fence || now.Renewed != lease.Renewed)
            {
                throw Held(resource, now);
            }
        }
    }

    private static PatchException Held(string resource, LeaseObject lease) => new(PatchErrorCode.Conflict, resource,
        $"{lease.Actor}{(lease.Process is { } process ? $" (process {process.Id})" : string.Empty)} has had '{resource}' since "
        + $"{lease.Acquired:u}, until {lease.Renewed + lease.Duration:u} by its own clock unless it goes on. Wait for it to end, or end that "
        + "process, and try again.");
}
