namespace PatchContainers.Rollout;

/// <summary>How one change stands.</summary>
internal sealed class ChangeState(RolloutChange plan)
{
    public RolloutChange Plan { get; } = plan;

    /// <summary>Whether the plan leaves the workload as it is: refused, or there already.</summary>
    public bool IsRefused => Plan.Status == ChangeStatus.Refused;

    /// <summary>Whether the workload held the new image before the rollout.</summary>
    public bool WasThere => Plan.Status == ChangeStatus.Written;

    /// <summary>How making it ended; null where it was not tried.</summary>
    public ChangeStatus? Made { get; private set; }

    /// <summary>How putting it back ended; null where it was not tried.</summary>
    public ChangeStatus? PutBack { get; private set; }

    /// <summary>Whether the workload may hold what this rollout wrote, or may have held it.</summary>
    public bool MayBeOurs { get; private set; }

    public string Detail { get; private set; } = plan.Detail;

    /// <summary>Whether the workload holds the new image, as far as is known.</summary>
    public bool Holds => WasThere || Made is ChangeStatus.Written or ChangeStatus.Healthy;

    /// <summary>Whether it was to be put back, and could not be.</summary>
    public bool IsStuck => PutBack == ChangeStatus.Failed || (PutBack == ChangeStatus.LeftAlone && MayBeOurs);

    public void Applied(ChangeStatus status, string detail, bool isUncertain)
    {
        (Made, Detail) = (status, detail);
        MayBeOurs = status is ChangeStatus.Written or ChangeStatus.Healthy || isUncertain;
    }

    public void Reverted(ChangeStatus status, string detail) => (PutBack, Detail) = (status, detail);

    /// <summary>What could not be put back is tried again by the next undo.</summary>
    public void RetryRevert() => PutBack = PutBack == ChangeStatus.RolledBack ? PutBack : null;

    public RolloutChange ToRecord() => Plan with { Status = PutBack ?? Made ?? Plan.Status, Detail = Detail };
}
