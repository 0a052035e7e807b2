namespace PatchContainers.Core.Tests.Rollout;

/// <summary>A clock that stands still until it is moved. Its timers are the system's.</summary>
internal sealed class ManualClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 21, 7, 45, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
