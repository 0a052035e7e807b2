using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Updating;

namespace PatchContainers.Rollout;

/// <summary>
/// Which workloads an update is for. Names are compared in their canonical spelling; what is written keeps the spelling that stands there.
/// </summary>
internal sealed class UpdateMatcher
{
    private readonly List<Replacement> _replacements = [];

    private sealed record Replacement(ImageReference Old, string OldDigest, ImageReference New, Digest NewDigest, BaseImageUpdate Update);

    /// <summary>Reads the updates. Those that replace nothing are left out, and said so.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: two updates replace one image by different ones, or
    /// a name or digest is none.</exception>
    public UpdateMatcher(IEnumerable<BaseImageUpdate> updates, IProgress<PatchNotice> notices)
    {
        foreach (var update in updates)
        {
            if (update.Status is not (UpdateStatus.Updated or UpdateStatus.UpToDate))
            {
                notices.Report(new PatchNotice.Warning($"{update.Image} is left out of the rollout: its update is {update.Status}, so "
                    + "there is no new image."
                    + (update.Status == UpdateStatus.Planned ? " " + string.Join(' ', update.Reasons) : string.Empty)));
                continue;
            }

            if (update.NewDigest == update.Digest)
            {
                notices.Report(new PatchNotice.Verbose($"{update.Image} is up to date; its workloads stay as they are."));
                continue;
            }

            Add(update);
        }
    }

    /// <summary>The updates that replace something.</summary>
    public IEnumerable<BaseImageUpdate> Updates => _replacements.Select(r => r.Update);

    /// <summary>The change that a workload needs; null where none of the updates is for it.</summary>
    public RolloutChange? Match(Workload workload, PatchRing ring)
    {
        if (!ImageReference.TryParse(workload.Image, out var image, out _))
        {
            return null;
        }

        foreach (var replacement in _replacements)
        {
            if (Holds(image, replacement))
            {
                return Change(workload, ring, replacement, workload.Image) with
                {
                    Status = workload.Path.Length > 0 && workload.Platform != RingTarget.Compose ? ChangeStatus.Written : ChangeStatus.Applied,
                    Detail = "It held the new image already.",
                };
            }

            if (Replaces(image, replacement))
            {
                return Change(workload, ring, replacement, NewName(image, replacement));
            }
        }

        return null;
    }

    /// <summary>
    /// Whether a workload names the old image's tag, and pins it to a digest that no update knows: another build, or one platform of an
    /// index. It is left as it is, and a person should know.
    /// </summary>
    public bool IsPinnedElsewhere(Workload workload) => ImageReference.TryParse(workload.Image, out var image, out _)
        && !image.Digest.IsEmpty
        && _replacements.Exists(r => image.RepositoryKey == r.Old.RepositoryKey && image.Tag is not null && image.Tag == r.Old.Tag);

    private static bool Holds(ImageReference image, Replacement replacement) =>
        image.RepositoryKey == replacement.New.RepositoryKey && image.Digest == replacement.NewDigest;

    // A digest decides, whatever the tag beside it; without one, the tag does.
    private static bool Replaces(ImageReference image, Replacement replacement) => image.RepositoryKey == replacement.Old.RepositoryKey
        && (image.Digest.IsEmpty ? image.Tag is not null && image.Tag == replacement.Old.Tag
            : image.Digest.ToString() == replacement.OldDigest);

    private static string NewName(ImageReference image, Replacement replacement)
    {
        var name = image.RepositoryKey == replacement.New.RepositoryKey ? image.Name : replacement.New.Name;
        return $"{name}{(replacement.New.Tag is { } tag ? ":" + tag : string.Empty)}@{replacement.NewDigest}";
    }

    private static RolloutChange Change(Workload workload, PatchRing ring, Replacement replacement, string newImage) => new()
    {
        Workload = workload.Id,
        Platform = workload.Platform,
        Path = workload.Path,
        Ring = ring.Name,
        OldImage = workload.Image,
        NewImage = newImage,
        OldDigest = replacement.OldDigest,
        NewDigest = replacement.NewDigest.ToString(),
        Options = new RolloutChangeOptions
        {
            Canary = ring.Canary.ToString(),
            TrialJob = ring.TrialJob,
        },
    };

    private void Add(BaseImageUpdate update)
    {
        var old = ImageReference.Parse(update.Image);
        var replacement = new Replacement(old, Digest.Parse(update.Digest).ToString(), ImageReference.Parse(update.NewImage),
            Digest.Parse(update.NewDigest), update);
        var same = _replacements.Find(r => r.Old.RepositoryKey == old.RepositoryKey
            && (r.OldDigest == replacement.OldDigest || (old.Tag is not null && r.Old.Tag == old.Tag)));
        if (same is not null && same.NewDigest != replacement.NewDigest)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, update.Image,
                $"Two updates replace {update.Image}: one by {same.Update.NewImage} ({same.NewDigest}), one by {update.NewImage} "
                + $"({replacement.NewDigest}). Leave one out.");
        }

        // The same digest under two tags is two names to look for.
        if (same is null || !same.Old.Equals(old))
        {
            _replacements.Add(replacement);
        }
    }
}
