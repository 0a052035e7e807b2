using PatchContainers.Packages;
using Xunit;

namespace PatchContainers.Core.Tests.Packages;

public sealed class PackageUrlTests
{
    private static readonly OsRelease Debian = new("debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)");

    public static TheoryData<string, string, string, string, OsRelease?, string> Urls => new()
    {
        { "deb", "openssl", "3.0.11-1~deb12u2", "amd64", Debian, "pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12" },
        { "deb", "libstdc++6", "12.2.0-14+b1", "amd64", Debian, "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bb1?arch=amd64&distro=debian-12" },
        { "deb", "passwd", "1:4.13+dfsg1-1", "amd64", Debian, "pkg:deb/debian/passwd@1:4.13%2Bdfsg1-1?arch=amd64&distro=debian-12" },
        { "deb", "base-files", "13", "all", new("debian", "", "trixie", ""), "pkg:deb/debian/base-files@13?arch=all&distro=debian-trixie" },
        { "deb", "x", "1", "", new("debian", "", "", ""), "pkg:deb/debian/x@1?distro=debian" },
        { "apk", "musl", "1.2.4-r2", "x86_64", new("alpine", "3.19.1", "", ""), "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.19.1" },
        { "deb", "a b", "1/2?3#4@5%", "amd64", null, "pkg:deb/a%20b@1%2F2%3F3%234%405%25?arch=amd64" },
        { "deb", "x", "1", "", null, "pkg:deb/x@1" },
    };

    [Theory]
    [MemberData(nameof(Urls))]
    public void Urls_are_written_as_the_specification_says(string type, string name, string version, string architecture, OsRelease? os, string expected) =>
        Assert.Equal(expected, PackageUrl.Of(
            new InstalledPackage { Type = type, Name = name, Version = version, Architecture = architecture, SourceName = name, SourceVersion = version, DatabasePath = "x" }, os));
}
