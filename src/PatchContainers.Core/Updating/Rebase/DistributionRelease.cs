using PatchContainers.Packages;

namespace PatchContainers.Updating.Rebase;

/// <summary>
/// Which releases of a distribution keep the promise that a program built on one runs on the other: what <c>VERSION_ID</c> counts differs
/// from one distribution to the next.
/// </summary>
internal static class DistributionRelease
{
    // VERSION_ID is 3.19.1, and 3.19 is the branch with its own repository.
    private static readonly string[] TwoParts = ["alpine"];

    // Minor releases keep the ABI of the major one.
    private static readonly string[] OnePart = ["rhel", "centos", "rocky", "almalinux", "ol"];

    // VERSION_ID is a date, or nothing.
    private static readonly string[] Rolling = ["wolfi", "chainguard", "arch", "opensuse-tumbleweed"];

    /// <summary>The release, as <c>debian 12</c>; empty where the image names no distribution.</summary>
    public static string Of(OsRelease? os)
    {
        if (os is null || os.Id.Length == 0)
        {
            return string.Empty;
        }

        var version = Rolling.Contains(os.Id) ? string.Empty
            : TwoParts.Contains(os.Id) ? string.Join('.', os.VersionId.Split('.').Take(2))
            : OnePart.Contains(os.Id) ? os.VersionId.Split('.')[0]
            // Debian's testing and unstable have a codename and no number.
            : os.VersionId.Length > 0 ? os.VersionId : os.Codename;
        return $"{os.Id} {version}".TrimEnd();
    }
}
