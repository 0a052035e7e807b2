using PatchContainers.Rollout;

namespace PatchContainers.Platforms;

/// <summary>Checks changes where each is a matter of its own, several at a time.</summary>
internal static class ChangeChecks
{
    private const int AtOnce = 8;

    /// <summary>What each check gives, in the changes' order.</summary>
    public static async Task<IReadOnlyList<RolloutChange>> RunAsync(IReadOnlyList<RolloutChange> changes,
        Func<RolloutChange, CancellationToken, Task<RolloutChange>> check, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var seen = new RolloutChange[changes.Count];
        await Parallel.ForAsync(0, changes.Count,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (i, token) => seen[i] = await check(changes[i], token).ConfigureAwait(false)).ConfigureAwait(false);
        return seen;
    }
}
