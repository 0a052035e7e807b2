using PatchContainers.Advisories.Osv;

namespace PatchContainers.Advisories;

/// <summary>How advisories are imported.</summary>
public sealed record AdvisoryImportOptions
{
    /// <summary>
    /// Whether the source replaces what was there of its ecosystems. Otherwise it is merged: of two forms of a record the one that was
    /// changed later counts, and records that the source does not hold stay.
    /// </summary>
    public bool Replace { get; init; }

    /// <summary>What the source may cost to read.</summary>
    public OsvLimits Limits { get; init; } = new();
}
