using PatchContainers.Packages;
using PatchContainers.Versions;

namespace PatchContainers.Scanning.Embedded;

/// <summary>Which advisories a distribution has.</summary>
/// <param name="Ecosystems">The ecosystem of the release in its spellings; one of them must be there.</param>
/// <param name="Family">The ecosystem of advisories that name no release.</param>
/// <param name="Extended">The ecosystem of the release's paid fixes; null where there is none.</param>
/// <param name="PackageType">The kind of package that the advisories are about.</param>
/// <param name="Order">How its versions compare.</param>
internal sealed record DistributionAdvisories(string[] Ecosystems, string Family, string? Extended, string PackageType, VersionOrder Order)
{
    // Debian's releases that are no release yet have no VERSION_ID (https://www.debian.org/releases/).
    private static readonly Dictionary<string, string> DebianCodenames = new(StringComparer.Ordinal)
    {
        ["stretch"] = "9", ["buster"] = "10", ["bullseye"] = "11", ["bookworm"] = "12",
        ["trixie"] = "13", ["forky"] = "14", ["duke"] = "15",
    };

    /// <summary>The advisories of a distribution; null with the reason where none are known.</summary>
    public static DistributionAdvisories? Of(OsRelease? os, out string reason)
    {
        reason = string.Empty;
        switch (os?.Id)
        {
            case "debian":
                var release = os.VersionId.Length > 0 ? os.VersionId.Split('.')[0] : DebianCodenames.GetValueOrDefault(os.Codename);
                if (release is null)
                {
                    reason = os.Codename.Length == 0
                        ? "os-release names no release of Debian (VERSION_ID), so it is not known which advisories apply"
                        : $"os-release names no release of Debian but '{os.Codename}', which has no advisories of its own";
                    return null;
                }

                return new DistributionAdvisories([$"Debian:{release}"], "Debian", null, "deb", VersionOrder.Debian);
            case "ubuntu" when IsUbuntuRelease(os.VersionId):
                // Every other April's release is a long-term one; before it is out, its advisories lack the word.
                var name = $"Ubuntu:{os.VersionId}";
                string[] names = IsLongTerm(os.VersionId) ? [name + ":LTS", name] : [name];
                var pro = names[0].Replace("Ubuntu:", "Ubuntu:Pro:", StringComparison.Ordinal);
                return new DistributionAdvisories(names, "Ubuntu", pro, "deb", VersionOrder.Debian);
            case "alpine" when os.VersionId.Contains("alpha", StringComparison.Ordinal) || os.VersionId == "edge":
                return new DistributionAdvisories(["Alpine:edge"], "Alpine", null, "apk", VersionOrder.Alpine);
            case "alpine" when os.VersionId.Split('.') is [var major, var minor, ..]:
                return new DistributionAdvisories([$"Alpine:v{major}.{minor}"], "Alpine", null, "apk", VersionOrder.Alpine);
            case null:
                reason = "the image does not say which distribution it holds (os-release), so it is not known which advisories apply";
                return null;
            default:
                var pretty = os.PrettyName.Length > 0 ? os.PrettyName : os.Id;
                reason = $"no advisories are known for the distribution '{pretty}' (ID={os.Id}, VERSION_ID={os.VersionId})";
                return null;
        }
    }

    private static bool IsUbuntuRelease(string version) => version.Length == 5 && version[2] == '.'
        && char.IsAsciiDigit(version[0]) && char.IsAsciiDigit(version[1]) && char.IsAsciiDigit(version[3]) && char.IsAsciiDigit(version[4]);

    private static bool IsLongTerm(string version) => version.EndsWith(".04", StringComparison.Ordinal) && (version[1] - '0') % 2 == 0;
}
