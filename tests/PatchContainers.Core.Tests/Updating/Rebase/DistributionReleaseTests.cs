using PatchContainers.Packages;
using PatchContainers.Updating.Rebase;
using Xunit;

namespace PatchContainers.Core.Tests.Updating.Rebase;

public sealed class DistributionReleaseTests
{
    [Theory]
    [InlineData("debian", "12", "bookworm", "debian 12")]
    [InlineData("debian", "", "trixie", "debian trixie")]
    [InlineData("ubuntu", "22.04", "jammy", "ubuntu 22.04")]
    [InlineData("alpine", "3.19.1", "", "alpine 3.19")]
    [InlineData("alpine", "3.19.7", "", "alpine 3.19")]
    [InlineData("rhel", "9.2", "", "rhel 9")]
    [InlineData("rocky", "9.4", "", "rocky 9")]
    [InlineData("wolfi", "20230201", "", "wolfi")]
    [InlineData("amzn", "2023", "", "amzn 2023")]
    [InlineData("sles", "15.6", "", "sles 15.6")]
    [InlineData("", "", "", "")]
    public void A_release_is_what_programs_are_built_for(string id, string version, string codename, string expected) =>
        Assert.Equal(expected, DistributionRelease.Of(new OsRelease(id, version, codename, string.Empty)));

    [Fact]
    public void An_image_without_a_distribution_has_none() => Assert.Equal(string.Empty, DistributionRelease.Of(null));
}
