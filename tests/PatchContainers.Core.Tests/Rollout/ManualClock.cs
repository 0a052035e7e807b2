namespace PatchContainers.Core.Tests.Rollout;

/// <summary>A clock that stands still until it is moved. Whoever waits a little moves it; its other timers are the system's.</summary>
internal sealed class ManualClock : TimeProvider
{
    private static readonly TimeSpan Little = TimeSpan.FromSeconds(5);

    public DateTimeOffset Now { get; set; } = new(2026, 11, 21, 7, 45, 0, TimeSpan.Zero);

    /// <summary>Whether a little wait moves it; otherwise that is the system's, too.</summary>
    public bool Skips { get; set; } = true;

    public override DateTimeOffset GetUtcNow() => Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (!Skips || dueTime <= TimeSpan.Zero || dueTime > Little)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        Now += dueTime;
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
