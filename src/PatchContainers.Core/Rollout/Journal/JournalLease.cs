namespace PatchContainers.Rollout.Journal;

/// <summary>The right to write, until somebody else takes it: given by <see cref="IJournalStore.AcquireAsync"/>.</summary>
/// <param name="Resource">What it is the right to change.</param>
/// <param name="Fence">The fencing number: greater than that of every lease on the resource before.</param>
public sealed record JournalLease(string Resource, long Fence);
