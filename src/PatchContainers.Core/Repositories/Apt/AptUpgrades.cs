using PatchContainers.Packages;
using PatchContainers.Versions;

namespace PatchContainers.Repositories.Apt;

/// <summary>An installed package, and the newest version that the repositories offer.</summary>
/// <param name="Installed">What is installed.</param>
/// <param name="Candidate">What it can be upgraded to.</param>
public sealed record AptUpgrade(InstalledPackage Installed, AptPackage Candidate);

/// <summary>Which installed packages the repositories have newer versions of, where no preferences are set (apt_preferences(5)).</summary>
public static class AptUpgrades
{
    /// <summary>Finds the upgrades, in the installed packages' order.</summary>
    /// <param name="installed">What is installed; packages of other types than <c>deb</c> are passed over.</param>
    /// <param name="offered">What the repositories offer, of all their indexes.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a version of either is none.</exception>
    public static IReadOnlyList<AptUpgrade> Find(IEnumerable<InstalledPackage> installed, IEnumerable<AptPackage> offered)
    {
        var packages = installed.Where(p => p.Type == "deb").ToArray();
        var names = packages.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var byName = offered.Where(p => names.Contains(p.Name)).ToLookup(p => p.Name, StringComparer.Ordinal);
        var upgrades = new List<AptUpgrade>();
        foreach (var package in packages)
        {
            // A package may change from its architecture to "all" and back.
            var newest = byName[package.Name]
                .Where(c => c.Architecture == package.Architecture || c.Architecture == "all" || package.Architecture == "all")
                .MaxBy(c => DebianVersion.Parse(c.Version));
            if (newest is not null && DebianVersion.Parse(newest.Version) > DebianVersion.Parse(package.Version))
            {
                upgrades.Add(new AptUpgrade(package, newest));
            }
        }

        return upgrades;
    }
}
