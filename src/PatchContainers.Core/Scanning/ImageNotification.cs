using PatchContainers.Inventory;
using PatchContainers.Staleness;

namespace PatchContainers.Scanning;

/// <summary>
/// What <c>Get-ImageNotification</c> says: what a scanner knows now of an image that it scanned before. The scanner names a manifest alone;
/// where images were given, this is about the one that has it.
/// </summary>
public sealed record ImageNotification
{
    /// <summary>The notification's id.</summary>
    public required string Id { get; init; }

    /// <summary>The id of the set that it came in, by which it is acknowledged; empty where it was read from a file.</summary>
    public string SetId { get; init; } = string.Empty;

    /// <summary>The image that has the manifest, by its public name; empty where none was given.</summary>
    public string Image { get; init; } = string.Empty;

    /// <summary>What the image's reference names; empty where no image was given.</summary>
    public string Digest { get; init; } = string.Empty;

    /// <summary>The image's base, where the record before knew it.</summary>
    public BaseImageInfo Base { get; init; } = new();

    /// <summary>The manifest that the scanner names: a platform's.</summary>
    public required string AffectedDigest { get; init; }

    /// <summary>What came about, in the scanner's word: <c>added</c>, <c>removed</c>, <c>changed</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>The vulnerability, in the package that is named. Clair names the worst alone, where it is set to summarize.</summary>
    public required Finding Finding { get; init; }

    /// <summary>The workloads that use the image.</summary>
    public IReadOnlyList<Workload> Workloads { get; init; } = [];

    /// <summary>When it was read, UTC.</summary>
    public DateTimeOffset ReceivedAt { get; init; }
}
