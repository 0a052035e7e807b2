namespace PatchContainers.Rollout;

/// <summary>What earlier rollouts of a folder have shown: the order of its rings, and which digests passed which.</summary>
internal sealed class RolloutEvidence
{
    private readonly List<RolloutState> _rollouts;

    /// <param name="rollouts">All rollouts.</param>
    /// <param name="path">The folder, its real path.</param>
    public RolloutEvidence(IEnumerable<RolloutState> rollouts, string path) =>
        _rollouts = [.. rollouts.Where(r => r.Plan.Path == path).OrderBy(r => r.StartedAt).ThenBy(r => r.Fence)];

    /// <summary>The order of the rings as the last rollout knew it; empty where there was none.</summary>
    public IReadOnlyList<string> RingOrder => _rollouts.Count == 0 ? [] : _rollouts[^1].Plan.RingOrder;

    /// <summary>
    /// Why a digest may not enter a ring behind this one; null where it has passed. The last rollout that brought the digest into the
    /// ring decides: one that failed or was put back since takes back what an earlier one has shown.
    /// </summary>
    public string? WhyNotPassed(string ring, string digest)
    {
        var rollout = _rollouts.LastOrDefault(r => r.Changes.Any(c => Tried(c, ring, digest)));
        if (rollout is null)
        {
            return $"no rollout has brought it through {ring}";
        }

        var changes = rollout.Changes.Where(c => Tried(c, ring, digest)).ToList();
        var status = rollout.Rings.First(r => r.Name == ring).ToRecord(changes).Status;
        return status == RingStatus.Passed && changes.TrueForAll(c => c.Holds) ? null : $"in {ring} it is {status} (rollout {rollout.Id})";
    }

    private static bool Tried(ChangeState change, string ring, string digest) =>
        change.Plan.Ring == ring && change.Plan.NewDigest == digest && !change.IsRefused && (change.WasThere || change.Made is not null);
}
