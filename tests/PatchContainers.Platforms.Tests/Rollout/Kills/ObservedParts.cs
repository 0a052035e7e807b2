using System.Runtime.CompilerServices;
using PatchContainers.History;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>A journal each of whose writes is one of the things that a run does.</summary>
internal sealed class ObservedJournal(IJournalStore inner, KillRun run) : IJournalStore
{
    public TimeSpan LeaseDuration => inner.LeaseDuration;

    public Task<JournalLease> AcquireAsync(string resource, CancellationToken cancellationToken = default) =>
        inner.AcquireAsync(resource, cancellationToken);

    public Task RenewAsync(JournalLease lease, CancellationToken cancellationToken = default) => inner.RenewAsync(lease, cancellationToken);

    public Task CheckAsync(JournalLease lease, CancellationToken cancellationToken = default) => inner.CheckAsync(lease, cancellationToken);

    public Task ReleaseAsync(JournalLease lease, CancellationToken cancellationToken = default) => inner.ReleaseAsync(lease, cancellationToken);

    public Task CreateAsync(string id, JournalLease lease, JournalEntry first, CancellationToken cancellationToken = default) =>
        run.AroundAsync(() => inner.CreateAsync(id, lease, first, cancellationToken));

    public Task AppendAsync(string id, JournalLease lease, JournalEntry entry, CancellationToken cancellationToken = default) =>
        run.AroundAsync(() => inner.AppendAsync(id, lease, entry, cancellationToken));

    public Task<IReadOnlyList<JournalEntry>> ReadAsync(string id, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(id, cancellationToken);

    public Task PostAsync(string id, JournalRequest request, CancellationToken cancellationToken = default) =>
        inner.PostAsync(id, request, cancellationToken);

    public Task<IReadOnlyList<JournalRequest>> ReadRequestsAsync(string id, CancellationToken cancellationToken = default) =>
        inner.ReadRequestsAsync(id, cancellationToken);

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken = default) => inner.ListAsync(cancellationToken);
}

/// <summary>A history each of whose records is one of the things that a run does.</summary>
internal sealed class ObservedHistory(IHistoryStore inner, KillRun run) : IHistoryStore
{
    public async Task<PatchRecord> AppendAsync(PatchRecord record, CancellationToken cancellationToken = default)
    {
        PatchRecord? appended = null;
        await run.AroundAsync(async () => appended = await inner.AppendAsync(record, cancellationToken));
        return appended!;
    }

    public async IAsyncEnumerable<PatchRecord> ReadAsync(
        HistoryFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var record in inner.ReadAsync(filter, cancellationToken))
        {
            yield return record;
        }
    }

    public Task<HistoryHead> ReadHeadAsync(CancellationToken cancellationToken = default) => inner.ReadHeadAsync(cancellationToken);

    public Task<HistoryVerification> VerifyAgainstAsync(
        IReadOnlyCollection<KeptHead> kept, CancellationToken cancellationToken = default) => inner.VerifyAgainstAsync(kept, cancellationToken);
}

/// <summary>A document each of whose changes is one of the things that a run does.</summary>
internal sealed class ObservedDocument(ISharedDocument inner, KillRun run) : ISharedDocument
{
    public string Name => inner.Name;

    public Task<byte[]?> ReadAsync(CancellationToken cancellationToken = default) => inner.ReadAsync(cancellationToken);

    public Task ChangeAsync(Func<byte[]?, byte[]?> change, CancellationToken cancellationToken = default) =>
        run.AroundAsync(() => inner.ChangeAsync(change, cancellationToken));
}

/// <summary>A platform each of whose writes is one of the things that a run does.</summary>
/// <param name="inner">The platform.</param>
/// <param name="run">The run.</param>
/// <param name="counts">Whether they are; otherwise its requests are.</param>
internal sealed class ObservedOrchestrator(IOrchestrator inner, KillRun run, bool counts) : IOrchestrator
{
    public bool KeepsOld => inner.KeepsOld;

    public bool CanHandle(string platform) => inner.CanHandle(platform);

    public Task<IReadOnlyList<RolloutChange>> CheckAsync(
        IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default) => inner.CheckAsync(changes, cancellationToken);

    public void Announce(IReadOnlyList<RolloutChange> changes) => inner.Announce(changes);

    public Task<string?> PrepareAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        inner.PrepareAsync(change, cancellationToken);

    public Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        AroundAsync(() => inner.ApplyAsync(change, cancellationToken));

    public Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default) =>
        inner.AwaitAsync(change, state, atMost, cancellationToken);

    public Task<RolloutChange> PromoteAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        AroundAsync(() => inner.PromoteAsync(change, cancellationToken));

    public Task<RolloutChange> FinishAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        AroundAsync(() => inner.FinishAsync(change, cancellationToken));

    public Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        AroundAsync(() => inner.RevertAsync(change, cancellationToken));

    private async Task<RolloutChange> AroundAsync(Func<Task<RolloutChange>> write)
    {
        if (!counts)
        {
            return await write();
        }

        RolloutChange? written = null;
        await run.AroundAsync(async () => written = await write());
        return written!;
    }
}

/// <summary>A gate that lets everything pass, but for the files of a production that is to fail.</summary>
internal sealed class RingGate(string name, KillSpec spec) : IHealthGate
{
    public string Name => name;

    public Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default) => Task.FromResult(new GateResult
    {
        Gate = name,
        Verdict = spec.Scenario is { Fails: true, Platform: KillPlatform.Files } && context.Ring == "production" ? GateVerdict.Failed : GateVerdict.Passed,
    });
}
