using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>Prolongs a lease while work goes on, and gives it back at the end. When it is lost, the work is cancelled.</summary>
internal sealed class LeaseHeartbeat : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private readonly IJournalStore _journal;
    private readonly JournalLease _lease;
    private readonly IProgress<PatchNotice> _notices;
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _beating;

    public LeaseHeartbeat(
        IJournalStore journal, JournalLease lease, TimeProvider clock, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        _journal = journal;
        _lease = lease;
        _notices = notices;
        _work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _beating = BeatAsync(clock);
    }

    /// <summary>Cancelled when the caller cancels, or the lease is lost.</summary>
    public CancellationToken Token => _work.Token;

    /// <summary>Why the lease was lost; null where it was not.</summary>
    public PatchException? Failure { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        _work.Dispose();
        _end.Dispose();

        try
        {
            // Also after a cancellation: whoever comes next need not wait.
            await _journal.ReleaseAsync(_lease, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            // What the work has come to counts for more: the lease ends by itself.
            _notices.Report(new PatchNotice.Warning($"The lease on '{_lease.Resource}' could not be given back, and ends in "
                + $"{_journal.LeaseDuration.TotalMinutes:0} minutes: {e.Message}"));
        }
    }

    private async Task BeatAsync(TimeProvider clock)
    {
        var pause = _journal.LeaseDuration / 3;
        var prolonged = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await Task.Delay(pause, clock, _end.Token).ConfigureAwait(false);
                var begun = clock.GetTimestamp();
                await _journal.RenewAsync(_lease, _end.Token).ConfigureAwait(false);
                (prolonged, pause) = (begun, _journal.LeaseDuration / 3);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.Unreachable or PatchErrorCode.FileError
                && clock.GetElapsedTime(prolonged) + Again < _journal.LeaseDuration)
            {
                // It is ours until its time is over: a store that restarts is asked again before.
                pause = Again;
            }
            catch (PatchException e)
            {
                Failure = e;
                await _work.CancelAsync().ConfigureAwait(false);
                return;
            }
        }
    }
}
