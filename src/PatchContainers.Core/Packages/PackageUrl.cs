using System.Text;

namespace PatchContainers.Packages;

/// <summary>Package URLs (package-url specification; types deb and apk).</summary>
public static class PackageUrl
{
    /// <summary>
    /// The URL of an installed package: <c>pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&amp;distro=debian-12</c>. Without a
    /// distribution it has neither namespace nor <c>distro</c>.
    /// </summary>
    /// <param name="package">The package.</param>
    /// <param name="os">The distribution; null where it is not known.</param>
    public static string Of(InstalledPackage package, OsRelease? os)
    {
        var url = new StringBuilder("pkg:").Append(package.Type).Append('/');
        if (os is not null)
        {
            Append(url, os.Id).Append('/');
        }

#pragma warning disable CA1308 // Names of these types are lower case by specification.
        Append(url, package.Name.ToLowerInvariant()).Append('@');
#pragma warning restore CA1308
        Append(url, package.Version);
        var separator = '?';
        if (package.Architecture.Length > 0)
        {
            Append(url.Append(separator).Append("arch="), package.Architecture);
            separator = '&';
        }

        if (os is not null)
        {
            var release = os.VersionId.Length > 0 ? os.VersionId : os.Codename;
            Append(url.Append(separator).Append("distro="), release.Length > 0 ? $"{os.Id}-{release}" : os.Id);
        }

        return url.ToString();
    }

    // All but unreserved characters and the colon, which the specification leaves as it is everywhere.
    private static StringBuilder Append(StringBuilder url, string part) =>
        url.Append(Uri.EscapeDataString(part).Replace("%3A", ":", StringComparison.Ordinal));
}
