using System.Threading.Channels;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class LeaseHeartbeatTests
{
    private readonly BeatClock _clock = new();
    private readonly BeatJournal _journal = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lease_is_prolonged_while_work_goes_on_and_given_back_at_its_end()
    {
        var heartbeat = Start();
        for (var beat = 1; beat <= 3; beat++)
        {
            await _clock.BeatAsync(Token);
            await _journal.Renewed.Reader.ReadAsync(Token);
        }

        await heartbeat.DisposeAsync();
        Assert.True(_journal.IsReleased);
        Assert.Null(heartbeat.Failure);
        Assert.Equal(_journal.LeaseDuration / 3, _clock.LastDelay);
    }

    [Fact]
    public async Task Work_is_cancelled_when_its_lease_was_taken()
    {
        _journal.Fault = new PatchException(PatchErrorCode.Conflict, "/srv/deploy", "It was taken.");
        var heartbeat = Start();
        var cancelled = new TaskCompletionSource();
        await using var registration = heartbeat.Token.Register(cancelled.SetResult);
        await _clock.BeatAsync(Token);
        await cancelled.Task.WaitAsync(Token);
        Assert.Equal(PatchErrorCode.Conflict, heartbeat.Failure!.Code);
        await heartbeat.DisposeAsync();
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_asked_again_until_the_lease_is_over()
    {
        _journal.Fault = new PatchException(PatchErrorCode.Unreachable, "east", "It does not answer.");
        var heartbeat = Start();
        var cancelled = new TaskCompletionSource();
        await using var registration = heartbeat.Token.Register(cancelled.SetResult);
        await _clock.BeatAsync(Token, TimeSpan.FromSeconds(40));
        await _journal.Renewed.Reader.ReadAsync(Token);
        await _clock.BeatAsync(Token, TimeSpan.FromSeconds(45));
        await _journal.Renewed.Reader.ReadAsync(Token);
        Assert.Equal((null, TimeSpan.FromSeconds(5)), (heartbeat.Failure, _clock.LastDelay));

        // It is back: the whole time again.
        _journal.Fault = null;
        await _clock.BeatAsync(Token, TimeSpan.FromSeconds(90));
        await _journal.Renewed.Reader.ReadAsync(Token);
        _journal.Fault = new PatchException(PatchErrorCode.Unreachable, "east", "It does not answer.");
        await _clock.BeatAsync(Token, TimeSpan.FromSeconds(200));
        await _journal.Renewed.Reader.ReadAsync(Token);
        await _clock.BeatAsync(Token, TimeSpan.FromSeconds(206));
        await cancelled.Task.WaitAsync(Token);
        Assert.Equal(PatchErrorCode.Unreachable, heartbeat.Failure!.Code);
        await heartbeat.DisposeAsync();
    }

    private LeaseHeartbeat Start() => new(_journal, new JournalLease("/srv/deploy", 1), _clock, new Progress<PatchNotice>(), Token);

    /// <summary>A clock whose timers fire when the test says so.</summary>
    private sealed class BeatClock : TimeProvider
    {
        private readonly Channel<Action> _timers = Channel.CreateUnbounded<Action>();
        private long _now;

        public TimeSpan LastDelay { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            LastDelay = dueTime;
            _timers.Writer.TryWrite(() => callback(state));
            return new NoTimer();
        }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        /// <summary>Fires the next timer, at a time since the beginning.</summary>
        public async Task BeatAsync(CancellationToken cancellationToken, TimeSpan at = default)
        {
            var timer = await _timers.Reader.ReadAsync(cancellationToken);
            Interlocked.Exchange(ref _now, at.Ticks);
            timer();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    private sealed class BeatJournal : IJournalStore
    {
        public Channel<JournalLease> Renewed { get; } = Channel.CreateUnbounded<JournalLease>();

        public PatchException? Fault { get; set; }

        public bool IsReleased { get; private set; }

        public TimeSpan LeaseDuration => TimeSpan.FromMinutes(2);

        public Task RenewAsync(JournalLease lease, CancellationToken cancellationToken = default)
        {
            Renewed.Writer.TryWrite(lease);
            return Fault is null ? Task.CompletedTask : throw Fault;
        }

        public Task CheckAsync(JournalLease lease, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task ReleaseAsync(JournalLease lease, CancellationToken cancellationToken = default)
        {
            IsReleased = true;
            return Task.CompletedTask;
        }

        public Task<JournalLease> AcquireAsync(string resource, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task CreateAsync(string id, JournalLease lease, JournalEntry first, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task AppendAsync(string id, JournalLease lease, JournalEntry entry, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<JournalEntry>> ReadAsync(string id, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task PostAsync(string id, JournalRequest request, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<JournalRequest>> ReadRequestsAsync(string id, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
