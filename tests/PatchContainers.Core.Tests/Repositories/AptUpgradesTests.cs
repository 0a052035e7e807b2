using System.Text;
using PatchContainers.Packages;
using PatchContainers.Repositories.Apt;
using Xunit;

namespace PatchContainers.Core.Tests.Repositories;

public sealed class AptUpgradesTests
{
    [Fact]
    public void An_index_is_read_package_by_package()
    {
        Assert.Equal(
            [new AptPackage("libssl3", "3.0.14-1~deb12u2", "amd64", "openssl", "3.0.14-1~deb12u2"), new AptPackage("gcc", "4:12.2.0-3", "amd64", "gcc-defaults", "1.203")],
            Read("Package: libssl3\nSource: openssl\nVersion: 3.0.14-1~deb12u2\nArchitecture: amd64\nDescription: x\n y\n\n"
                + "Package: gcc\nSource: gcc-defaults (1.203)\nVersion: 4:12.2.0-3\nArchitecture: amd64\n"));
    }

    [Theory]
    [InlineData("Package: a\n", "line 1", "'Package' or 'Version'")]
    [InlineData("Package: a\nVersion: 1\n\nVersion: 2\n", "line 4", "'Package' or 'Version'")]
    [InlineData("Package: a\nVersion: 1\nbroken\n", "line 3", "neither a field")]
    public void A_broken_index_is_an_error_with_source_line_and_fault(string text, string line, string fault)
    {
        var error = Assert.Throws<PatchException>(() => Read(text));
        Assert.Equal((PatchErrorCode.InvalidData, "Packages"), (error.Code, error.Target));
        Assert.Contains(line, error.Message, StringComparison.Ordinal);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_version_of_the_packages_architecture_is_the_candidate()
    {
        var installed = new[]
        {
            Installed("older", "1.0-1"), Installed("same", "1.0-1"), Installed("newer", "2.0-1"), Installed("foreign", "1.0-1", "i386"),
            Installed("becomes-all", "1.0"), Installed("was-all", "1.0", "all"), Installed("unknown", "1.0"), Installed("apk", "1.0") with { Type = "apk" },
        };
        AptPackage[] offered =
        [
            Offered("older", "1.0-1+deb12u9"), Offered("older", "1.0-1+deb12u10"), Offered("older", "1.0-1+deb12u1"), Offered("older", "9", "i386"),
            Offered("same", "1.0-1"), Offered("newer", "1.9"), Offered("foreign", "2", "amd64"), Offered("foreign", "1.5", "i386"),
            Offered("becomes-all", "1.1", "all"), Offered("was-all", "1.1"), Offered("apk", "2"), Offered("other", "2"),
        ];

        Assert.Equal(["older 1.0-1+deb12u10", "foreign 1.5", "becomes-all 1.1", "was-all 1.1"],
            AptUpgrades.Find(installed, offered).Select(u => $"{u.Installed.Name} {u.Candidate.Version}"));
    }

    private static AptPackage[] Read(string text) => AptPackagesFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "Packages").ToArray();

    private static InstalledPackage Installed(string name, string version, string architecture = "amd64") =>
        new() { Type = "deb", Name = name, Version = version, Architecture = architecture, SourceName = name, SourceVersion = version, DatabasePath = "x" };

    private static AptPackage Offered(string name, string version, string architecture = "amd64") => new(name, version, architecture, name, version);
}
