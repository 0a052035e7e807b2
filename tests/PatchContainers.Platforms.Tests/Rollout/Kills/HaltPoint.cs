namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>Counts what a run does to the world, and stands still at one of them until it is let go on, or its process is killed.</summary>
/// <param name="at">At which, from 1; 0 for never.</param>
internal sealed class HaltPoint(int at)
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public int Count => _count;

    /// <summary>Ends when it stands still.</summary>
    public Task Reached => _reached.Task;

    public void Release() => _released.TrySetResult();

    public Task HitAsync()
    {
        if (Interlocked.Increment(ref _count) != at)
        {
            return Task.CompletedTask;
        }

        _reached.SetResult();
        return _released.Task;
    }
}
