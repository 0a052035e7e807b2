namespace PatchContainers.Rollout;

/// <summary>How one ring stands.</summary>
internal sealed class RingState(PatchRing plan)
{
    private readonly Dictionary<(int? Batch, AwaitedState Awaited), DateTimeOffset> _deadlines = [];
    private readonly Dictionary<int, DateTimeOffset> _canarySoaks = [];
    private readonly HashSet<int?> _checkedAfterSoak = [];

    public PatchRing Plan { get; } = plan;

    public string Name => Plan.Name;

    public RingStatus Status { get; private set; }

    /// <summary>What the gates said, since they were last asked from the first on: of a canary (by its batch), or of the whole ring.</summary>
    public List<(int? Batch, GateResult Result)> Gates { get; } = [];

    /// <summary>What gates measured before the first change; null where they have not.</summary>
    public IReadOnlyDictionary<string, string>? Baselines { get; private set; }

    /// <summary>Until when the ring has to run; null where that has not begun.</summary>
    public DateTimeOffset? SoakUntil { get; private set; }

    /// <summary>The digests that failed here.</summary>
    public IReadOnlyList<string> FailedDigests { get; private set; } = [];

    public string Failure { get; private set; } = string.Empty;

    /// <summary>The digests that were put in quarantine.</summary>
    public HashSet<string> Quarantined { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Until when a person takes the ring as it is although nobody could say whether it is well; null where none does. What failed
    /// is not taken.
    /// </summary>
    public DateTimeOffset? AcceptedUntil { get; private set; }

    public void Begin() => Status = Status == RingStatus.Pending ? RingStatus.Running : Status;

    public void Measured(IReadOnlyDictionary<string, string> baselines) => Baselines = baselines;

    public void Soak(int? batch, DateTimeOffset until)
    {
        if (batch is { } canary)
        {
            // What is looked at again after the soak has the whole time again: a pod may just have moved.
            _canarySoaks[canary] = until;
            _deadlines.Remove((batch, AwaitedState.Canary));
        }
        else
        {
            SoakUntil = until;
        }
    }

    /// <summary>Until when a batch's canary has to run; null where that has not begun.</summary>
    public DateTimeOffset? CanarySoakUntil(int batch) => _canarySoaks.TryGetValue(batch, out var until) ? until : null;

    /// <summary>The time that is left to come to a state is the same, whoever waits for it.</summary>
    public void Await(int? batch, AwaitedState awaited, DateTimeOffset deadline) => _deadlines.TryAdd((batch, awaited), deadline);

    public DateTimeOffset? DeadlineOf(int? batch, AwaitedState awaited) =>
        _deadlines.TryGetValue((batch, awaited), out var deadline) ? deadline : null;

    /// <summary>Whether a batch's canary, or the whole ring, has to run on at that time.</summary>
    public bool IsSoaking(int? batch, DateTimeOffset now) => SoakOf(batch) > now;

    /// <summary>A look before a soak is over is not the one after it.</summary>
    public void Checked(int? batch, DateTimeOffset now)
    {
        if (SoakOf(batch) <= now)
        {
            _checkedAfterSoak.Add(batch);
        }
    }

    public bool IsCheckedAfterSoak(int? batch) => _checkedAfterSoak.Contains(batch);

    public void Accept(DateTimeOffset until) => AcceptedUntil = until > AcceptedUntil ? until : AcceptedUntil ?? until;

    /// <summary>What was said before a pause may no longer hold.</summary>
    public void AskAgain()
    {
        Gates.Clear();
        _checkedAfterSoak.Clear();
    }

    /// <summary>What could not be told gets its whole time again.</summary>
    public void ForgetDeadlines() => _deadlines.Clear();

    public void Pass() => Status = RingStatus.Passed;

    public void Fail(IReadOnlyList<string> digests, string reason) =>
        (Status, FailedDigests, Failure) = (RingStatus.Failed, digests, reason);

    public RolloutRing ToRecord(IEnumerable<ChangeState> changes)
    {
        var all = changes.ToList();
        var back = all.FindAll(c => c.PutBack is not null);
        return new RolloutRing
        {
            Name = Name,
            Status = back.Count == 0 ? Status : back.Exists(c => c.IsStuck) ? RingStatus.Failed
                : all.Exists(c => c.MayBeOurs && c.PutBack is null) ? Status : RingStatus.RolledBack,
            Gates = (Gates.Select(g => g.Result)).ToArray(),
        };
    }

    private DateTimeOffset? SoakOf(int? batch) => batch is { } canary ? CanarySoakUntil(canary) : SoakUntil;
}
