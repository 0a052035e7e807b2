using PatchContainers.Staleness;
using Xunit;

namespace PatchContainers.Core.Tests.Staleness;

public sealed class KnownBaseTests
{
    private const string D = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    public static TheoryData<string, string, string> Forms => new()
    {
        { "debian:12", "debian:12", "" },
        { $"debian:12={D}", "debian:12", $"debian@{D}" },
        { $"debian:12={D},debian:12-20230612", "debian:12", $"debian@{D} debian:12-20230612" },
        { "debian:12=oci:/srv/old:1", "debian:12", "oci:/srv/old:1" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_is_read_and_written_back(string text, string name, string old)
    {
        var known = KnownBase.Parse(text);
        Assert.Equal((name, old), (known.Name.ToString(), string.Join(' ', known.OldReferences)));
        Assert.Equal(known, KnownBase.Parse(known.ToString()));
    }

    [Theory]
    [InlineData("=debian")]
    [InlineData("debian:12=")]
    [InlineData("debian:12=a,,b")]
    [InlineData("debian:12=sha256:abc")]
    public void A_bad_one_is_an_error(string text) =>
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => KnownBase.Parse(text)).Code);
}
