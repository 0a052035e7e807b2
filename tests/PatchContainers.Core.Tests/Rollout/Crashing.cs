using System.Runtime.CompilerServices;
using PatchContainers.History;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>What a process that was killed looks like to itself: nothing it does from then on has any effect.</summary>
internal sealed class CrashException : Exception;

/// <summary>Counts everything that a rollout does to the world, before and after, and crashes at one of them.</summary>
/// <param name="at">At which, from 1; 0 for never.</param>
/// <param name="kill">How; by default by throwing, again and again.</param>
internal sealed class CrashPoint(int at, Action? kill = null)
{
    private int _at = at;

    public int Count { get; private set; }

    public bool HasCrashed { get; private set; }

    public void Hit()
    {
        Count++;
        HasCrashed |= Count == _at;
        if (HasCrashed)
        {
            kill?.Invoke();
            throw new CrashException();
        }
    }

    /// <summary>From here on nothing crashes; the count goes on.</summary>
    public void Disarm() => (_at, HasCrashed) = (0, false);

    /// <summary>Crashes so many hits from here.</summary>
    public void Rearm(int at) => (_at, HasCrashed) = (Count + at, false);

    public async Task<T> AroundAsync<T>(Func<Task<T>> action)
    {
        Hit();
        var result = await action();
        Hit();
        return result;
    }

    public Task AroundAsync(Func<Task> action) => AroundAsync(async () =>
    {
        await action();
        return true;
    });
}

internal sealed class CrashingJournal(IJournalStore inner, CrashPoint crash) : IJournalStore
{
    public TimeSpan LeaseDuration => inner.LeaseDuration;

    public Task<JournalLease> AcquireAsync(string resource, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.AcquireAsync(resource, cancellationToken));

    public Task RenewAsync(JournalLease lease, CancellationToken cancellationToken = default) => inner.RenewAsync(lease, cancellationToken);

    public Task CheckAsync(JournalLease lease, CancellationToken cancellationToken = default) => inner.CheckAsync(lease, cancellationToken);

    public Task ReleaseAsync(JournalLease lease, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.ReleaseAsync(lease, cancellationToken));

    public Task CreateAsync(string id, JournalLease lease, JournalEntry first, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.CreateAsync(id, lease, first, cancellationToken));

    public Task AppendAsync(string id, JournalLease lease, JournalEntry entry, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.AppendAsync(id, lease, entry, cancellationToken));

    public Task<IReadOnlyList<JournalEntry>> ReadAsync(
        string id, CancellationToken cancellationToken = default) => inner.ReadAsync(id, cancellationToken);

    public Task PostAsync(string id, JournalRequest request, CancellationToken cancellationToken = default) =>
        inner.PostAsync(id, request, cancellationToken);

    public Task<IReadOnlyList<JournalRequest>> ReadRequestsAsync(string id, CancellationToken cancellationToken = default) =>
        inner.ReadRequestsAsync(id, cancellationToken);

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken = default) => inner.ListAsync(cancellationToken);
}

internal sealed class CrashingHistory(IHistoryStore inner, CrashPoint crash) : IHistoryStore
{
    public Task<PatchRecord> AppendAsync(PatchRecord record, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.AppendAsync(record, cancellationToken));

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
        IReadOnlyCollection<KeptHead> kept, CancellationToken cancellationToken = default) =>
        inner.VerifyAgainstAsync(kept, cancellationToken);
}

internal sealed class CrashingOrchestrator(IOrchestrator inner, CrashPoint crash) : IOrchestrator
{
    public bool KeepsOld => inner.KeepsOld;

    public bool CanHandle(string platform) => inner.CanHandle(platform);

    public Task<IReadOnlyList<RolloutChange>> CheckAsync(IReadOnlyList<RolloutChange> changes,
        CancellationToken cancellationToken = default) => inner.CheckAsync(changes, cancellationToken);

    public Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.ApplyAsync(change, cancellationToken));

    public void Announce(IReadOnlyList<RolloutChange> changes) => inner.Announce(changes);

    public Task<string?> PrepareAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        inner.PrepareAsync(change, cancellationToken);

    public IReadOnlyList<RanImage> RanBefore(RolloutChange change) => inner.RanBefore(change);

    public Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.AwaitAsync(change, state, atMost, cancellationToken));

    public Task<RolloutChange> PromoteAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.PromoteAsync(change, cancellationToken));

    public Task<RolloutChange> FinishAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.FinishAsync(change, cancellationToken));

    public Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.RevertAsync(change, cancellationToken));
}

internal sealed class CrashingGate(IHealthGate inner, CrashPoint crash) : IHealthGate
{
    public string Name => inner.Name;

    public Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default) =>
        crash.AroundAsync(() => inner.EvaluateAsync(context, cancellationToken));

    public Task<string?> MeasureBaselineAsync(
        string ring, IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default) =>
        inner.MeasureBaselineAsync(ring, changes, cancellationToken);
}
