using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Rollout.Journal;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Rollout;

/// <summary>
/// Plans rollouts, runs them ring by ring, resumes them after a crash, and undoes them. Every step is in the journal before it is done
/// and after: a process killed anywhere leaves a rollout that <see cref="ResumeAsync"/> brings to the same end, with no step lost and
/// none done twice.
/// </summary>
/// <remarks>
/// <para>Rings run in order. Only a digest that passed a ring may enter the next, in this rollout or in an earlier one of the same folder
/// that the journals show. A digest of which nothing in the ring in front was changed has not passed it. A ring whose place in the order
/// nothing tells is refused unless it is the only one (see <see cref="PatchPlan.RingOrder"/>).</para>
/// <para>What happens on a failure. A change that is refused before the start (a variable, a template, a shared anchor, a digest that may
/// not enter): the rollout does not begin, unless <see cref="RolloutRequest.SkipRefused"/>. A change that fails, or a gate that says
/// Failed: as <see cref="PatchPlan.OnFailure"/> says. A gate that cannot say: as <see cref="PatchPlan.OnInconclusive"/> says. A
/// workload that somebody else changed: it is left alone and reported, and a rollback that meets one ends
/// <see cref="RolloutStatus.Failed"/>. The journal, the history or the disk fails: the exception goes up, the rollout stays
/// <see cref="RolloutStatus.Running"/>, and waits to be resumed. Cancelled: the same.</para>
/// <para>A digest is quarantined when a gate said Failed after a platform was seen to run it. A file is only written: its digest ran
/// nowhere that is known, and is not quarantined.</para>
/// <para>The outcome is a record, not an exception; <see cref="RolloutOutcome"/> makes exit codes and errors of it.</para>
/// </remarks>
public sealed class RolloutService
{
    private readonly RolloutParts _parts;
    private readonly Func<RingTarget, IWorkloadSource> _open;

    /// <summary>Makes a service for one run.</summary>
    /// <param name="journal">Where every step is written before and after it is done.</param>
    /// <param name="quarantine">The digests that failed.</param>
    /// <param name="history">Where decisions are recorded.</param>
    /// <param name="open">Lists a target's workloads.</param>
    /// <param name="orchestrators">What makes changes.</param>
    /// <param name="gates">Makes the gates that a plan names; see <see cref="GateFactory"/>.</param>
    /// <param name="images">Where images are: a rollback asks what an old name stands for by then; null where nobody can be asked.</param>
    /// <param name="clock">The time.</param>
    /// <param name="logins">The logins that platforms pull images with; null where there are none.</param>
    public RolloutService(IJournalStore journal, QuarantineStore quarantine, IHistoryStore history, Func<RingTarget, IWorkloadSource> open,
        IReadOnlyList<IOrchestrator> orchestrators, Func<RolloutGate, IHealthGate> gates, IImageStore? images, TimeProvider clock,
        Func<ImageReference, RegistryCredential?>? logins = null)
    {
        _parts = new RolloutParts(journal, quarantine, history, orchestrators, gates, images, clock, HistoryActor.Current(), logins);
        _open = open;
    }

    /// <summary>Plans a rollout. Nothing is written. What cannot be done is in the plan's refusals.</summary>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.InvalidArgument"/>: rings, gates or updates contradict each other;
    /// <see cref="PatchErrorCode.NotFound"/>: a ring's folder is not there; <see cref="PatchErrorCode.NotPromotable"/>: nothing tells the
    /// rings' order.
    /// </exception>
    public async Task<RolloutPlan> PlanAsync(
        RolloutRequest request, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(notices);
        try
        {
            var rollouts = await ReadAllAsync(null, cancellationToken).ConfigureAwait(false);
            return await new RolloutPlanner(_parts, _open, rollouts).PlanAsync(request, notices, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, request.Plan.Path, $"The rings below '{request.Plan.Path}' could not be read: "
                + $"{e.Message} Check the folder and its rights.", e);
        }
    }

    /// <summary>Begins a rollout and runs it until it ends or has to wait for a person.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">How long this run may take, and whether it only writes the plan down.</param>
    /// <param name="notices">Takes warnings and progress.</param>
    /// <param name="cancellationToken">Cancels the run; the rollout waits to be resumed.</param>
    /// <exception cref="PatchException">
    /// Nothing was begun: <see cref="PatchErrorCode.NotPromotable"/> or <see cref="PatchErrorCode.ChangeRefused"/>, listing what is
    /// refused; <see cref="PatchErrorCode.Conflict"/>: another rollout of the folder runs or waits. It was begun, and waits to be
    /// resumed: whatever the journal or the history says.
    /// </exception>
    public async Task<PatchRollout> StartAsync(
        RolloutPlan plan, RolloutRunOptions options, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(options);
        var stopAt = StopAt(options);
        ArgumentNullException.ThrowIfNull(notices);
        var start = new RolloutStart(plan, _parts, _open);
        start.CheckRefusals();
        return await HoldingAsync(plan.Scope, async (lease, token) =>
        {
            await start.CheckAsync(await ReadAllAsync(null, token).ConfigureAwait(false), token).ConfigureAwait(false);
            var state = await start.CreateAsync(options.Detach, lease, token).ConfigureAwait(false);
            return await RunAsync(state, lease, stopAt, notices, token).ConfigureAwait(false);
        }, notices, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Goes on with a rollout that was killed or waits: the step that was begun is done again from its beginning, the gates of a paused
    /// ring are asked again, the time that a soak still has to run is waited for. One that has ended is given back as it is.
    /// </summary>
    /// <param name="id">The rollout's id.</param>
    /// <param name="options">How long this run may take.</param>
    /// <param name="notices">Takes warnings and progress.</param>
    /// <param name="cancellationToken">Cancels the run; the rollout waits to be resumed.</param>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.NotFound"/>; <see cref="PatchErrorCode.Conflict"/>: a process that lives has it;
    /// <see cref="PatchErrorCode.HistoryDamaged"/>: its journal is not what was written.
    /// </exception>
    public Task<PatchRollout> ResumeAsync(
        string id, RolloutRunOptions options, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return TakeAsync(id, new JournalEntry { Number = 0, Kind = JournalEntryKind.Taken }, state => state.HasEnded, StopAt(options),
            notices, cancellationToken);
    }

    /// <summary>
    /// Stops a rollout at its next safe point, between two steps; a rollback that has begun is ended. What was changed stays, and can be
    /// undone.
    /// </summary>
    /// <returns>
    /// The rollout, <see cref="RolloutStatus.Stopped"/>; still Running where another process has it, which stops by itself within seconds.
    /// </returns>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>; <see cref="PatchErrorCode.HistoryDamaged"/>.</exception>
    public async Task<PatchRollout> StopAsync(
        string id, string reason, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default)
    {
        var state = await ReadAsync(id, cancellationToken).ConfigureAwait(false);
        if (state.HasEnded)
        {
            return state.ToRecord();
        }

        await PostAsync(id, new JournalRequest { Id = string.Empty, Kind = JournalEntryKind.StopAsked, Actor = _parts.Actor, Reason = reason },
            cancellationToken).ConfigureAwait(false);
        try
        {
            return await ResumeAsync(id, new RolloutRunOptions(), notices, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.Conflict)
        {
            notices.Report(new PatchNotice.Warning($"The process that runs {id} was asked to stop. {e.Message}"));
            return await GetAsync(id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A person's yes to a ring that waits for one, or will; or to one of which nobody could say whether it is well, which then goes on as
    /// it is unless something fails. Nothing runs by it: a rollout that waits is to be resumed.
    /// </summary>
    /// <param name="id">The rollout's id.</param>
    /// <param name="ring">The ring; empty for all that wait or will.</param>
    /// <param name="lasting">For how long the yes holds: a ring that has not begun by then needs another; null for always.</param>
    /// <param name="reason">Why; kept in the history.</param>
    /// <param name="notices">Takes warnings.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.NotFound"/>; <see cref="PatchErrorCode.InvalidArgument"/>: it has no such ring, none that waits for a
    /// person, or has ended.
    /// </exception>
    public async Task<PatchRollout> ApproveAsync(string id, string ring, TimeSpan? lasting, string reason, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken = default)
    {
        var state = await ReadAsync(id, cancellationToken).ConfigureAwait(false);
        state.CheckApprovable(ring);
        await PostAsync(id, new JournalRequest
        {
            Id = string.Empty,
            Kind = JournalEntryKind.Approved,
            Actor = _parts.Actor,
            Ring = ring,
            Until = lasting is { } time ? _parts.Clock.GetUtcNow() + time : null,
            Reason = reason,
        }, cancellationToken).ConfigureAwait(false);
        try
        {
            return await HoldingAsync(state.Plan.Scope, async (lease, token) =>
            {
                var now = await ReadAsync(id, token).ConfigureAwait(false);
                var runner = new RolloutRunner(now, lease, _parts, notices);
                await runner.RecordLastAsync(token).ConfigureAwait(false);
                await runner.TakeRequestsAsync(token).ConfigureAwait(false);
                return now.ToRecord();
            }, notices, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.Conflict)
        {
            notices.Report(new PatchNotice.Verbose($"The process that runs {id} takes the approval in. {e.Message}"));
            return await GetAsync(id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Puts a rollout back, whether it succeeded, waits or was killed, last change first. Only what still holds what the rollout wrote is
    /// put back. It ends <see cref="RolloutStatus.RolledBack"/>, or <see cref="RolloutStatus.Failed"/> where something could not be put
    /// back; undoing again tries the rest. One with nothing to put back is given back as it is.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>; <see cref="PatchErrorCode.Conflict"/>: a process that
    /// lives has it.</exception>
    public Task<PatchRollout> UndoAsync(
        string id, RollbackScope scope, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default) =>
        TakeAsync(id, new JournalEntry { Number = 0, Kind = JournalEntryKind.Undo, Scope = scope },
            state => state.HasEnded && !state.Changes.Any(c => c.Made is not null && c.PutBack != ChangeStatus.RolledBack), null,
                notices, cancellationToken);

    /// <summary>What resuming, stopping, approving or undoing a rollout would do. Nothing is written.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.HistoryDamaged"/>.</exception>
    public async Task<RolloutPreview> PreviewAsync(string id, CancellationToken cancellationToken = default) =>
        new(await ReadAsync(id, cancellationToken).ConfigureAwait(false), _parts.Clock.GetUtcNow());

    /// <summary>A rollout as its journal has it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.HistoryDamaged"/>.</exception>
    public async Task<PatchRollout> GetAsync(string id, CancellationToken cancellationToken = default) =>
        (await ReadAsync(id, cancellationToken).ConfigureAwait(false)).ToRecord();

    /// <summary>All rollouts, oldest first. A journal that cannot be read is reported, and the rest goes on.</summary>
    public async IAsyncEnumerable<PatchRollout> ListAsync(
        IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(notices);
        foreach (var state in await ReadAllAsync(notices, cancellationToken).ConfigureAwait(false))
        {
            yield return state.ToRecord();
        }
    }

    /// <summary>What is in quarantine now, oldest first.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>, <see cref="PatchErrorCode.InvalidData"/>.</exception>
    public Task<IReadOnlyList<QuarantinedDigest>> ListQuarantineAsync(CancellationToken cancellationToken = default) =>
        _parts.Quarantine.GetAsync(cancellationToken);

    /// <summary>What releasing a digest would release.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="repository">The repository in any spelling; null for all that hold the digest in quarantine.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>, <see cref="PatchErrorCode.FileError"/>.</exception>
    public async Task<IReadOnlyList<QuarantinedDigest>> FindQuarantinedAsync(
        string digest, string? repository, CancellationToken cancellationToken = default)
    {
        var (text, key) = (Digest.Parse(digest).ToString(), KeyOf(repository));
        return [.. (await ListQuarantineAsync(cancellationToken).ConfigureAwait(false))
            .Where(e => e.Digest == text && (key is null || e.Repository == key))];
    }

    /// <summary>Releases a digest from quarantine by hand, and records who did.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="repository">The repository in any spelling; null for all that hold the digest in quarantine.</param>
    /// <param name="cancellationToken">Cancels the change.</param>
    /// <returns>What was released; empty where the digest was not in quarantine.</returns>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>, <see cref="PatchErrorCode.FileError"/>.</exception>
    public async Task<IReadOnlyList<QuarantinedDigest>> ReleaseAsync(
        string digest, string? repository, CancellationToken cancellationToken = default)
    {
        var released = await _parts.Quarantine.ClearAsync(Digest.Parse(digest).ToString(), KeyOf(repository), _parts.Actor, cancellationToken)
            .ConfigureAwait(false);
        foreach (var entry in released)
        {
            await _parts.History.AppendAsync(new PatchRecord
            {
                Kind = PatchRecordKind.Quarantine,
                Actor = _parts.Actor,
                Image = entry.Repository,
                NewDigest = entry.Digest,
                Rollout = entry.Rollout,
                Outcome = "Released",
                Detail = $"Released by hand from quarantine, where it was since {entry.Since:u}.",
            }, cancellationToken).ConfigureAwait(false);
        }

        return released;
    }

    private static string? KeyOf(string? repository) =>
        string.IsNullOrEmpty(repository) ? null : ImageReference.Parse(repository).RepositoryKey;

    private Task PostAsync(string id, JournalRequest request, CancellationToken cancellationToken) => _parts.Journal.PostAsync(id, request with
    {
        Id = RandomNumberGenerator.GetHexString(16, lowercase: true),
        Time = _parts.Clock.GetUtcNow(),
    }, cancellationToken);

    private DateTimeOffset? StopAt(RolloutRunOptions options) =>
        options.MaxDuration is { } time ? _parts.Clock.GetUtcNow() + time : null;

    private async Task<PatchRollout> TakeAsync(
        string id, JournalEntry entry, Func<RolloutState, bool> isDone, DateTimeOffset? stopAt, IProgress<PatchNotice> notices,
            CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notices);
        var scope = (await ReadAsync(id, cancellationToken).ConfigureAwait(false)).Plan.Scope;
        return await HoldingAsync(scope, async (lease, token) =>
        {
            var state = await ReadAsync(id, token).ConfigureAwait(false);
            if (isDone(state))
            {
                return state.ToRecord();
            }

            // Whoever was here before may have been killed between its last entry and the entry's record.
            var runner = new RolloutRunner(state, lease, _parts, notices);
            await runner.RecordLastAsync(token).ConfigureAwait(false);
            await runner.AppendAsync(entry, token).ConfigureAwait(false);
            return await RunAsync(state, lease, stopAt, notices, token).ConfigureAwait(false);
        }, notices, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PatchRollout> RunAsync(
        RolloutState state, JournalLease lease, DateTimeOffset? stopAt, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        await new RolloutRunner(state, lease, _parts, notices, stopAt).RunAsync(cancellationToken).ConfigureAwait(false);
        return state.ToRecord();
    }

    private async Task<PatchRollout> HoldingAsync(
        string scope, Func<JournalLease, CancellationToken, Task<PatchRollout>> action, IProgress<PatchNotice> notices,
            CancellationToken cancellationToken)
    {
        var lease = await _parts.Journal.AcquireAsync(scope, cancellationToken).ConfigureAwait(false);
        var heartbeat = new LeaseHeartbeat(_parts.Journal, lease, _parts.Clock, notices, cancellationToken);
        await using (heartbeat.ConfigureAwait(false))
        {
            try
            {
                return await action(lease, heartbeat.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (heartbeat.Failure is not null)
            {
                throw heartbeat.Failure;
            }
        }
    }

    private async Task<RolloutState> ReadAsync(string id, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(id))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, string.Empty,
                "The rollout's id is empty. Name one that the journals have.");
        }

        return RolloutState.Of(id, await _parts.Journal.ReadAsync(id, cancellationToken).ConfigureAwait(false))
            ?? throw new PatchException(PatchErrorCode.NotFound, id, $"The rollout '{id}' was never begun: its journal is empty.");
    }

    // Without notices, a journal that cannot be read is an error: it might be the one that says no.
    private async Task<IReadOnlyList<RolloutState>> ReadAllAsync(IProgress<PatchNotice>? notices, CancellationToken cancellationToken)
    {
        var rollouts = new List<RolloutState>();
        foreach (var id in await _parts.Journal.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                rollouts.Add(await ReadAsync(id, cancellationToken).ConfigureAwait(false));
            }
            catch (PatchException e) when (notices is not null)
            {
                notices.Report(new PatchNotice.Failure(e));
            }
        }

        // Ids of one second are in no order.
        return [.. rollouts.OrderBy(r => r.StartedAt).ThenBy(r => r.Fence)];
    }
}
