using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>How one change stands.</summary>
/// <param name="rollout">The rollout's id.</param>
/// <param name="plan">The change as it was planned.</param>
internal sealed class ChangeState(string rollout, RolloutChange plan)
{
    public RolloutChange Plan { get; } = plan;

    /// <summary>Whether the plan leaves the workload as it is, because it cannot be changed.</summary>
    public bool IsRefused => Plan.Status == ChangeStatus.Refused;

    /// <summary>Whether the workload held the new image before the rollout: it is observed, and never put back.</summary>
    public bool WasThere => Plan.Status is ChangeStatus.Written or ChangeStatus.Applied;

    /// <summary>How making it ended; null where it was not tried.</summary>
    public ChangeStatus? Made { get; private set; }

    /// <summary>What was last observed; null where that was not tried, or where something was written since.</summary>
    public ChangeStatus? Seen { get; private set; }

    /// <summary>How it stands before anything is put back; null where nothing was done.</summary>
    public ChangeStatus? Now => Seen ?? Made ?? (WasThere ? Plan.Status : null);

    /// <summary>How putting it back ended; null where it was not tried.</summary>
    public ChangeStatus? PutBack { get; private set; }

    /// <summary>What the platform read before.</summary>
    public string Before { get; private set; } = plan.Before;

    /// <summary>Whether its canary was seen ready.</summary>
    public bool IsCanaryReady { get; private set; }

    /// <summary>Whether its canary went on to all.</summary>
    public bool IsPromoted { get; private set; }

    /// <summary>Whether what its canary altered is restored, or what was kept of it taken away.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Whether what was altered besides the image, by a canary or for the plan's own update, is to be restored.</summary>
    public bool IsToFinish => (IsPromoted || (Made is not null && Plan.Options.Update is not null))
        && !IsFinished && Now == ChangeStatus.Healthy;

    /// <summary>Whether its platform keeps what ran before.</summary>
    public bool KeepsOld { get; private set; }

    /// <summary>Why what was kept could not be taken away; null where it could, or that was not tried.</summary>
    public string? Leftover { get; private set; }

    /// <summary>Whether the new version was seen to run.</summary>
    public bool Ran { get; private set; }

    /// <summary>Whether the new version itself failed, and not only its platform.</summary>
    public bool HasFailedRunning { get; private set; }

    /// <summary>Whether the workload may hold what this rollout wrote, or may have held it.</summary>
    public bool MayBeOurs { get; private set; }

    public string Detail { get; private set; } = plan.Detail;

    /// <summary>Whether the workload holds the new image and nothing speaks against it, as far as is known.</summary>
    public bool Holds => Now is ChangeStatus.Written or ChangeStatus.Applied or ChangeStatus.Healthy or ChangeStatus.Inconclusive;

    /// <summary>Whether it went wrong.</summary>
    public bool HasFailed => Now is ChangeStatus.Failed or ChangeStatus.LeftAlone;

    /// <summary>Whether it was to be put back, and could not be.</summary>
    public bool IsStuck => PutBack == ChangeStatus.Failed || (PutBack == ChangeStatus.LeftAlone && MayBeOurs);

    /// <summary>Whether a platform runs it as a canary alone: it goes on to all, or back.</summary>
    public bool IsHeld => Plan.Options.Canary.Length > 0 && Made == ChangeStatus.Applied && !IsPromoted && PutBack is null;

    /// <summary>Whether a platform took it, and nothing of the new version was seen to run.</summary>
    public bool IsUnseen => Now == ChangeStatus.Healthy && Seen == ChangeStatus.Healthy && !Ran;

    /// <summary>The image string that putting back writes; null where that was not looked into.</summary>
    public string? BackTo { get; private set; }

    public void Prepared(string before) => Before = before;

    public void GoesBackTo(string image) => BackTo = image;

    public void Keeps() => KeepsOld = true;

    public void Applied(ChangeStatus status, string detail, bool isUncertain)
    {
        (Made, Seen, Detail) = (status, null, detail);
        Ran |= status == ChangeStatus.Healthy;
        MayBeOurs = status is ChangeStatus.Written or ChangeStatus.Applied or ChangeStatus.Healthy || isUncertain;
    }

    public void Observed(AwaitedState awaited, JournalChange found)
    {
        Detail = found.Detail ?? string.Empty;
        if (awaited == AwaitedState.Old)
        {
            PutBack = found.Status == ChangeStatus.Healthy ? ChangeStatus.RolledBack
                : found.Status == ChangeStatus.LeftAlone ? ChangeStatus.LeftAlone : ChangeStatus.Failed;
            return;
        }

        Ran |= found.Ran;
        HasFailedRunning |= found is { Status: ChangeStatus.Failed, Ran: true };
        var isReady = found.Status == ChangeStatus.Healthy;
        IsCanaryReady |= isReady && awaited == AwaitedState.Canary;
        Seen = isReady && awaited == AwaitedState.Canary ? null : found.Status;
    }

    public void Promote(ChangeStatus status, string detail)
    {
        (IsPromoted, Seen, Detail) = (true, status == ChangeStatus.Failed ? status : null, detail);
    }

    public void Finish(ChangeStatus status, string detail)
    {
        IsFinished = true;
        if (status == ChangeStatus.Failed && KeepsOld)
        {
            // What stays behind says nothing of what runs.
            Leftover = detail;
        }
        else if (status == ChangeStatus.Failed)
        {
            (Seen, Detail) = (status, detail);
        }
    }

    public void Reverted(ChangeStatus status, string detail) => (PutBack, Detail) = (status, detail);

    /// <summary>What could not be said is observed again by whoever resumes.</summary>
    public void RetryObserving() => Seen = null;

    /// <summary>What could not be put back is tried again by the next undo.</summary>
    public void RetryRevert() => PutBack = PutBack == ChangeStatus.RolledBack ? PutBack : null;

    public RolloutChange ToRecord() => Plan with
    {
        Rollout = rollout,
        OldImage = BackTo ?? Plan.OldImage,
        Before = Before,
        Ran = Ran,
        Status = PutBack ?? Now ?? Plan.Status,
        Detail = Detail,
    };
}
