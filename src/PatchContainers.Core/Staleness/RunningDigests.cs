namespace PatchContainers.Staleness;

/// <summary>What workloads are found to run, against what their image's name says.</summary>
/// <param name="Others">Digests of other images of the repository.</param>
/// <param name="Unknown">Digests that the registry does not know, or could not be asked about.</param>
/// <param name="IsDrifting">Whether workloads of this tag run several images.</param>
internal sealed record RunningDigests(IReadOnlyList<string> Others, IReadOnlyList<string> Unknown, bool IsDrifting)
{
    public static RunningDigests None { get; } = new([], [], false);
}
