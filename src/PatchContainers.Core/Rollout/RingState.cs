namespace PatchContainers.Rollout;

/// <summary>How one ring stands.</summary>
internal sealed class RingState(string name)
{
    public string Name { get; } = name;

    public RingStatus Status { get; private set; }

    /// <summary>What the gates said, since they were last asked from the first on.</summary>
    public List<GateResult> Gates { get; } = [];

    /// <summary>The digests that failed here.</summary>
    public IReadOnlyList<string> FailedDigests { get; private set; } = [];

    public string Failure { get; private set; } = string.Empty;

    /// <summary>The digests that were put in quarantine.</summary>
    public HashSet<string> Quarantined { get; } = new(StringComparer.Ordinal);

    public void Begin() => Status = Status == RingStatus.Pending ? RingStatus.Running : Status;

    public void Pass() => Status = RingStatus.Passed;

    public void Fail(IReadOnlyList<string> digests, string reason) =>
        (Status, FailedDigests, Failure) = (RingStatus.Failed, digests, reason);

    public RolloutRing ToRecord(IEnumerable<ChangeState> changes)
    {
        var back = changes.Where(c => c.PutBack is not null).ToList();
        return new RolloutRing
        {
            Name = Name,
            Status = back.Count == 0 ? Status : back.Exists(c => c.IsStuck) ? RingStatus.Failed : RingStatus.RolledBack,
            Gates = [.. Gates],
        };
    }
}
