namespace PatchContainers.Packages;

/// <summary>Package URLs (package-url specification; types deb and apk).</summary>
public static class PackageUrl
{
    /// <summary>The URL of an installed package: <c>pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&amp;distro=debian-12</c>.</summary>
    /// <param name="package">The package.</param>
    /// <param name="os">The distribution; null where it is not known.</param>
    public static string Of(InstalledPackage package, OsRelease? os) => throw new NotImplementedException();
}
