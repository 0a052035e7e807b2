using System.Text;
using System.Text.Json;
using Xunit;

namespace PatchContainers.Core.Tests;

public sealed class StrictJsonTests
{
    [Theory]
    [InlineData("""{"a":"\ud83d\ude00"}""", true)]
    [InlineData("""{"a":"\u00e4","\u0062":1}""", true)]
    [InlineData("""{"a":"plain ä"}""", true)]
    [InlineData("""{"a":"\ud800"}""", false)]
    [InlineData("""{"a":"\udc00\ud800"}""", false)]
    [InlineData("""{"\ud800":1}""", false)]
    [InlineData("""{"a":["b",{"c":"\ud800"}]}""", false)]
    public void Escapes_that_are_no_characters_are_no_JSON(string json, bool isValid) => Check(Encoding.UTF8.GetBytes(json), isValid);

    [Fact]
    public void Bytes_that_are_no_UTF_8_are_no_JSON() => Check([.. "{\"a\":\""u8, 0xB5, .. "\"}"u8], false);

    [Fact]
    public void Depth_is_limited()
    {
        var deep = Encoding.UTF8.GetBytes(new string('[', 10_000) + new string(']', 10_000));
        Assert.ThrowsAny<JsonException>(() => StrictJson.Parse(deep));
    }

    private static void Check(byte[] json, bool isValid)
    {
        var parse = () => StrictJson.Parse(json).Dispose();
        if (isValid)
        {
            parse();
        }
        else
        {
            Assert.Contains("Unicode", Assert.ThrowsAny<JsonException>(parse).Message, StringComparison.Ordinal);
        }
    }
}
