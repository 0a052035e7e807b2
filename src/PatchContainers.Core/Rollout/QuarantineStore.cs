namespace PatchContainers.Rollout;

/// <summary>The digests that failed, by repository.</summary>
public sealed class QuarantineStore
{
    /// <summary>Makes a store.</summary>
    public QuarantineStore(PatchState state, TimeProvider clock) => _ = (state, clock);
}
