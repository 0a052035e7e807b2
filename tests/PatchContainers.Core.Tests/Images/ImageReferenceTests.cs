using PatchContainers.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Images;

public sealed class ImageReferenceTests
{
    private const string D = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    public static TheoryData<string, ImageTransport, string, string, string?, string> Forms => new()
    {
        { "nginx", ImageTransport.Registry, "docker.io", "library/nginx", "latest", "nginx:latest" },
        { "nginx:1.25", ImageTransport.Registry, "docker.io", "library/nginx", "1.25", "nginx:1.25" },
        { "docker.io/nginx:1.25", ImageTransport.Registry, "docker.io", "library/nginx", "1.25", "docker.io/nginx:1.25" },
        { "team/app", ImageTransport.Registry, "docker.io", "team/app", "latest", "team/app:latest" },
        { "registry.example/app:1.4", ImageTransport.Registry, "registry.example", "app", "1.4", "registry.example/app:1.4" },
        { "docker://registry.example/app:1.4", ImageTransport.Registry, "registry.example", "app", "1.4", "registry.example/app:1.4" },
        { "localhost/app", ImageTransport.Registry, "localhost", "app", "latest", "localhost/app:latest" },
        { "localhost:5000/a/b:x", ImageTransport.Registry, "localhost:5000", "a/b", "x", "localhost:5000/a/b:x" },
        { "[::1]:5000/a:x", ImageTransport.Registry, "[::1]:5000", "a", "x", "[::1]:5000/a:x" },
        { "Registry.Example:443/app:A", ImageTransport.Registry, "registry.example:443", "app", "A", "Registry.Example:443/app:A" },
        { $"registry.example/app@{D}", ImageTransport.Registry, "registry.example", "app", null, $"registry.example/app@{D}" },
        { $"registry.example/app:1@{D}", ImageTransport.Registry, "registry.example", "app", "1", $"registry.example/app:1@{D}" },
        { "docker-daemon:web:2", ImageTransport.DockerDaemon, "docker.io", "library/web", "2", "docker-daemon:web:2" },
        { "docker-archive:/tmp/a.tar:web:2", ImageTransport.DockerArchive, "docker.io", "library/web", "2", "docker-archive:/tmp/a.tar:web:2" },
        { "docker-archive:a.tar", ImageTransport.DockerArchive, "", "", null, "docker-archive:a.tar" },
        { "oci:dir", ImageTransport.OciLayout, "", "", null, "oci:dir" },
        { "oci:/srv/dir:1.0", ImageTransport.OciLayout, "", "", "1.0", "oci:/srv/dir:1.0" },
        { $"oci:/srv/dir:1.0@{D}", ImageTransport.OciLayout, "", "", "1.0", $"oci:/srv/dir:1.0@{D}" },
        { @"oci:C:\images\web:1.0", ImageTransport.OciLayout, "", "", "1.0", @"oci:C:\images\web:1.0" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_is_read_and_written_back(string text, ImageTransport transport, string registry, string repository, string? tag, string printed)
    {
        var reference = ImageReference.Parse(text);
        Assert.Equal((transport, registry, repository, tag, printed),
            (reference.Transport, reference.Registry, reference.Repository, reference.Tag, reference.ToString()));
        Assert.Equal(reference, ImageReference.Parse(printed));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("registry.example/App:1", "lower case")]
    [InlineData("app:-1", "not a tag")]
    [InlineData("app:", "not a tag")]
    [InlineData("app@sha256:abc", "not a digest")]
    [InlineData("app@sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not a digest")]
    [InlineData("a//b", "not a repository")]
    [InlineData("../x", "not a")]
    [InlineData("oci:", "needs a folder")]
    [InlineData("docker-archive:", "needs a file")]
    public void A_bad_reference_is_an_error_that_says_which_part_is_wrong(string text, string fault)
    {
        var e = Assert.Throws<PatchException>(() => ImageReference.Parse(text));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Spelling_does_not_count_for_equality()
    {
        Assert.Equal(ImageReference.Parse("nginx"), ImageReference.Parse("docker.io/library/nginx:latest"));
        Assert.NotEqual(ImageReference.Parse("nginx:1"), ImageReference.Parse("nginx:2"));
    }

    [Fact]
    public void A_pinned_reference_keeps_its_tag()
    {
        var pinned = ImageReference.Parse("registry.example/app:1.4").WithDigest(Digest.Parse(D));
        Assert.Equal($"registry.example/app:1.4@{D}", pinned.ToString());
        Assert.Equal($"registry.example/app@{D}", pinned.AtDigest(pinned.Digest).ToString());
        Assert.Equal("registry.example/app:2", pinned.WithTag("2").ToString());
    }
}
