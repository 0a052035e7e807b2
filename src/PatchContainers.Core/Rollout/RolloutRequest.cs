using PatchContainers.Updating;

namespace PatchContainers.Rollout;

/// <summary>What is to be rolled out, and by which plan.</summary>
public sealed record RolloutRequest
{
    /// <summary>
    /// The updates: each <see cref="UpdateStatus.Updated"/> or <see cref="UpdateStatus.UpToDate"/> one replaces its old image; others are
    /// left out, and said so.
    /// </summary>
    public required IReadOnlyList<BaseImageUpdate> Updates { get; init; }

    /// <summary>Where they go.</summary>
    public required PatchPlan Plan { get; init; }

    /// <summary>The rings to run, in the plan's order; all of them where none is named.</summary>
    public IReadOnlyList<string> Rings { get; init; } = [];

    /// <summary>Gates that are not asked, by name: a person's decision, which the history records.</summary>
    public IReadOnlyList<string> SkipGates { get; init; } = [];

    /// <summary>
    /// Whether the rollout goes on without the changes that are refused. By default it does not begin at all: half a patch is a decision
    /// for a person to take.
    /// </summary>
    public bool SkipRefused { get; init; }

    /// <summary>Whether objects that another tool owns (Argo CD, Flux, Helm) are changed all the same. It passes by no gate.</summary>
    public bool Force { get; init; }
}
