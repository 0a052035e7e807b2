namespace PatchContainers.Rollout.Journal;

/// <summary>Where rollouts' journals and their leases are.</summary>
public interface IJournalStore
{
}
