namespace PatchContainers.Packages;

/// <summary>The distribution and the packages of one platform of an image.</summary>
public sealed record ImagePackages
{
    /// <summary>The distribution; null where the image does not say.</summary>
    public OsRelease? Os { get; init; }

    /// <summary>What is installed, in the databases' order.</summary>
    public required IReadOnlyList<InstalledPackage> Packages { get; init; }

    /// <summary>
    /// What could not be read: a broken paragraph, a database of a kind that is not read yet, or that there is no database at all. Never
    /// empty when <see cref="Packages"/> is.
    /// </summary>
    public required IReadOnlyList<UnassessedPackage> Unassessed { get; init; }
}
