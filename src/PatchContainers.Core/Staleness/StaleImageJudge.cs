using PatchContainers.Inventory;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>Makes the verdict of what was found about an image; it asks nothing.</summary>
internal static class StaleImageJudge
{
    private const int MaxFiles = 5;

    /// <summary>Judges.</summary>
    /// <param name="image">The image.</param>
    /// <param name="bases">The base of each of its platforms.</param>
    /// <param name="movedTo">What the image's tag names now, where that is another image; null otherwise.</param>
    /// <param name="running">What workloads run, against what the reference names.</param>
    /// <param name="workloads">The workloads.</param>
    /// <param name="maxAge">The age from which it is too old; null where age does not matter.</param>
    /// <param name="now">The time.</param>
    public static StaleImage Judge(ResolvedImage image, IReadOnlyList<PlatformBase> bases, ResolvedRoot? movedTo,
        RunningDigests running, IReadOnlyList<Workload> workloads, TimeSpan? maxAge, DateTimeOffset now)
    {
        // The oldest of its platforms: the one that a policy on age is about.
        var created = image.Platforms.Min(p => p.Config.Created);
        var details = new List<string> { Describe(bases) };
        var reasons = new List<StaleReason>();
        if (bases.Any(b => b.State == BaseState.Changed))
        {
            reasons.Add(StaleReason.BaseChanged);
        }

        if (movedTo is not null)
        {
            reasons.Add(StaleReason.TagMoved);
            details.Add($"The tag {image.Reference.Tag} names {movedTo.Digest} now.");
        }
        else if (running.Others.Count > 0)
        {
            reasons.Add(StaleReason.TagMoved);
            details.Add($"Workloads run {string.Join(", ", running.Others)}, which {image.Reference} no longer names.");
        }

        if (running.IsDrifting)
        {
            reasons.Add(StaleReason.VersionDrift);
            details.Add($"Workloads of {image.Reference.WithoutDigest()} run more than one image.");
        }

        foreach (var changed in workloads.Where(w => w.ChangedFiles.Count > 0))
        {
            if (!reasons.Contains(StaleReason.ContainerChanged))
            {
                reasons.Add(StaleReason.ContainerChanged);
            }

            details.Add($"{changed.Id} differs from its image: {string.Join(", ", changed.ChangedFiles.Take(MaxFiles))}"
                + $"{(changed.ChangedFiles.Count > MaxFiles ? $" and {changed.ChangedFiles.Count - MaxFiles} more" : string.Empty)}.");
        }

        if (running.Unknown.Count > 0)
        {
            details.Add($"Workloads run {string.Join(", ", running.Unknown)}, which the registry does not know: it was deleted there, or was pulled "
                + "from another one.");
        }

        if (maxAge is { } limit && created is { } date && now - date > limit)
        {
            reasons.Add(StaleReason.TooOld);
            details.Add($"It was made on {date.UtcDateTime:yyyy-MM-dd}, more than {limit.TotalDays:0.#} days ago.");
        }

        var isKnown = running.Unknown.Count == 0 && bases.All(b => b.State == BaseState.Current
            || (b.State == BaseState.None && maxAge is not null && created is not null));
        var shown = bases.FirstOrDefault(b => b.State == BaseState.Changed)
            ?? bases.FirstOrDefault(b => b.State == BaseState.Unknown)
            ?? bases[0];
        return new StaleImage
        {
            Image = image.Reference.ToString(),
            Digest = image.Digest.ToString(),
            Platforms = image.Platforms.Select(p => p.Platform.ToString()).ToArray(),
            Status = reasons.Count > 0 ? StaleStatus.Stale : isKnown ? StaleStatus.Fresh : StaleStatus.Unknown,
            Reasons = reasons,
            Base = new BaseImageInfo
            {
                Name = string.Join(", ", shown.Names),
                RecordedDigest = shown.RecordedDigest,
                CurrentDigest = shown.CurrentDigest,
                Method = shown.Method,
            },
            Created = created,
            AgeDays = created is { } made ? Math.Max(0, (int)(now - made).TotalDays) : null,
            BehindDays = bases.Max(b => b.State is BaseState.Changed or BaseState.Current ? b.BehindDays : null),
            SuggestedImage = Suggest(image, shown, movedTo),
            Detail = string.Join(' ', details),
            Workloads = workloads,
            CheckedAt = now,
        };
    }

    private static string Suggest(ResolvedImage image, PlatformBase shown, ResolvedRoot? movedTo) =>
        shown is { State: BaseState.Changed, Names.Count: 1, Current: { } current } ? shown.Names[0].WithDigest(current.Digest).ToString()
        : movedTo is not null ? image.Reference.WithDigest(movedTo.Digest).ToString()
        : string.Empty;

    // Once where all platforms say the same, else each for itself.
    private static string Describe(IReadOnlyList<PlatformBase> bases) =>
        bases.Select(b => b.Detail).Distinct().Count() == 1
            ? Sentence(bases[0].Detail)
            : string.Join(' ', bases.Select(b => $"{b.Image.Platform}: {b.Detail}."));

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..] + (text[^1] == '.' ? string.Empty : ".");
}
