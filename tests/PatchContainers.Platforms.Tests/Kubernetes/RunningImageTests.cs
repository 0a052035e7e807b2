using PatchContainers.Platforms.Kubernetes.Inventory;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes;

public sealed class RunningImageTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("docker-pullable://registry.example/shop/web@" + Digest, Digest)]
    [InlineData("docker://" + Digest, Digest)]
    [InlineData("registry.example:5000/shop/web@" + Digest, Digest)]
    [InlineData(Digest, Digest)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("docker://sha256:0123", null)]
    [InlineData("registry.example/shop/web:1.0", null)]
    public void The_digest_is_found_in_every_form_of_an_imageID(string? imageId, string? digest) =>
        Assert.Equal(digest, RunningImage.DigestOf(imageId));
}
