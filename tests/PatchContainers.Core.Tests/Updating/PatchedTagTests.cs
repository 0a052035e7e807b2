using PatchContainers.Images;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Core.Tests.Updating;

public sealed class PatchedTagTests
{
    private static readonly Digest Base = Digest.Parse("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");

    [Theory]
    [InlineData("app:1.4", "1.4-patched-01234567")]
    [InlineData("app", "latest-patched-01234567")]
    [InlineData("app:1.4-patched-aaaaaaaa", "1.4-patched-01234567")]
    [InlineData("app:1.4-patched-final", "1.4-patched-final-patched-01234567")]
    [InlineData("oci:dir", "patched-01234567")]
    public void The_mark_of_the_new_base_follows_the_tag_once(string image, string tag) =>
        Assert.Equal(tag, PatchedTag.For(ImageReference.Parse(image), Base));

    [Fact]
    public void A_tag_that_would_be_too_long_is_an_error()
    {
        var e = Assert.Throws<PatchException>(() => PatchedTag.For(ImageReference.Parse($"app:{new string('a', 120)}"), Base));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
    }
}
