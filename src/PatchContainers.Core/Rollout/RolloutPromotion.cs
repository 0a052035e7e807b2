using PatchContainers.Images;

namespace PatchContainers.Rollout;

/// <summary>Which digests may enter which ring: those that are not in quarantine, and have passed the ring in front.</summary>
internal sealed class RolloutPromotion(RolloutEvidence evidence, IReadOnlyList<QuarantinedDigest> quarantine)
{
    /// <summary>Why a change's digest may not enter its ring; null where it may.</summary>
    /// <param name="change">The change.</param>
    /// <param name="plan">The plan, with what is refused in the rings in front marked already.</param>
    public string? WhyNot(RolloutChange change, RolloutPlan plan)
    {
        var repository = ImageReference.Parse(change.NewImage).RepositoryKey;
        if (quarantine.FirstOrDefault(q => q.Repository == repository && q.Digest == change.NewDigest) is { } entry)
        {
            return $"{repository}@{change.NewDigest} is in quarantine since {entry.Since:u}: {entry.Reason} Roll another digest out, or "
                + "release it by hand.";
        }

        // A ring whose folder is gone can be passed by nobody; the one before it counts.
        var front = plan.RingOrder.TakeWhile(r => r != change.Ring)
            .LastOrDefault(r => plan.Name.Length > 0 || Directory.Exists(Path.Combine(plan.Path, r)));
        if (front is null)
        {
            return null;
        }

        if (plan.Rings.Select(r => r.Name).TakeWhile(r => r != change.Ring).Contains(front))
        {
            return plan.Changes.Any(c => c.Ring == front && c.NewDigest == change.NewDigest && c.Status != ChangeStatus.Refused)
                ? null
                : $"{change.NewImage} would not pass {front} first: nothing in {front} is changed to it. Name the image in {front}, too.";
        }

        return evidence.WhyNotPassed(front, change.NewDigest) is { } why
            ? $"{change.NewImage} has not passed {front}, the ring in front of {change.Ring}: {why}. Roll it out there first: in the "
                + $"ring {front}, or in {front},{change.Ring}."
            : null;
    }
}
