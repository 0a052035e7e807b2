using System.Text;
using System.Text.Json;
using PatchContainers.Scanning.Clair;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Clair;

public sealed class ClairKeyTests
{
    // RFC 7515, appendix A.1.1.
    private const string Header = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
    private const string Payload = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    private const string Key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    private const string Signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    [Fact]
    public void The_example_of_the_specification_is_signed_as_there() =>
        Assert.Equal(Signed, JsonWebSignature.Sign(Encoding.UTF8.GetBytes(Header), Encoding.UTF8.GetBytes(Payload), Bytes(Key)));

    [Fact]
    public void A_token_names_its_issuer_and_is_good_for_a_minute()
    {
        var key = ClairKey.Parse(Convert.ToBase64String(Bytes(Key)), "/etc/clair.key", "ci");
        var parts = key.TokenAt(new DateTimeOffset(2024, 6, 1, 12, 0, 0, TimeSpan.Zero)).Split('.');
        Assert.Equal("""{"alg":"HS256","typ":"JWT"}""", Encoding.UTF8.GetString(Bytes(parts[0])));
        using var claims = JsonDocument.Parse(Bytes(parts[1]));
        Assert.Equal("""{"iss":"ci","iat":1717243200,"nbf":1717243140,"exp":1717243260}""", claims.RootElement.GetRawText());
        Assert.Equal(32, Bytes(parts[2]).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64 at all")]
    [InlineData("c2VjcmV0LXVybC1zYWZl_w==")]
    public void What_is_no_key_is_refused_and_not_repeated(string text)
    {
        var e = Assert.Throws<PatchException>(() => ClairKey.Parse(text, "/etc/clair.key", "ci"));
        Assert.Equal(PatchErrorCode.InvalidData, e.Code);
        Assert.Contains("/etc/clair.key", e.Message, StringComparison.Ordinal);
        Assert.True(text.Length == 0 || !e.Message.Contains(text, StringComparison.Ordinal));
    }

    private static byte[] Bytes(string base64Url) =>
        Convert.FromBase64String(base64Url.Replace('-', '+').Replace('_', '/').PadRight((base64Url.Length + 3) / 4 * 4, '='));
}
