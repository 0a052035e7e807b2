using System.Text;
using PatchContainers.Platforms.Yaml;
using Xunit;

namespace PatchContainers.Platforms.Tests.Yaml;

public sealed class SourceTextTests
{
    // YAML 1.2.2 section 5.2: the encoding is told by the byte order mark, or by where the first character has its zero bytes.
    public static TheoryData<string, byte[]> Encodings => new()
    {
        { "UTF-8", [] },
        { "UTF-8", [0xEF, 0xBB, 0xBF] },
        { "UTF-16", [0xFF, 0xFE] },
        { "UTF-16", [] },
        { "UTF-16BE", [0xFE, 0xFF] },
        { "UTF-16BE", [] },
        { "UTF-32", [0xFF, 0xFE, 0x00, 0x00] },
        { "UTF-32", [] },
        { "UTF-32BE", [0x00, 0x00, 0xFE, 0xFF] },
        { "UTF-32BE", [] },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Every_encoding_of_yaml_is_read_and_edited_in_place(string encoding, byte[] mark)
    {
        const string text = "a: \u00e9\U0001F600\r\nimage: x # \u4e16";
        var code = Encoding.GetEncoding(encoding);
        byte[] bytes = [.. mark, .. code.GetBytes(text)];
        var source = SourceText.Decode("/a.yaml", bytes);
        Assert.Equal(text, source.Text);
        var at = text.IndexOf('x', StringComparison.Ordinal);
        Assert.Equal([.. mark, .. code.GetBytes(text.Replace("x", "yz", StringComparison.Ordinal))],
            source.Replace([new TextEdit(at, at + 1, "yz")]));
    }

    [Fact]
    public void Several_edits_are_made_at_once_in_any_order()
    {
        var source = SourceText.Decode("/a.yaml", "\u00e91\u00e92\u00e93"u8.ToArray());
        Assert.Equal("\u00e9one\u00e92\u00e9three",
            Encoding.UTF8.GetString(source.Replace([new TextEdit(5, 6, "three"), new TextEdit(1, 2, "one")])));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)':', (byte)' ', 0xC3 }, "offset 3", "UTF-8 cut in the middle of a character")]
    [InlineData(new byte[] { (byte)'a', 0xFF, (byte)'b' }, "offset 1", "a byte that is never UTF-8")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a', 0x80 }, "offset 4", "counted with the byte order mark")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0x00, 0x3D, 0xD8 }, "utf-16", "half of a surrogate pair")]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'b', 0x00, (byte)'c' }, "line 2 holds the control character U+0000",
        "a zero byte, where the parser would stop in silence")]
    [InlineData(new byte[] { (byte)'a', 0x1B }, "U+001B", "a control character")]
    public void What_is_no_text_is_refused_with_its_place(byte[] bytes, string fault, string why)
    {
        var e = Assert.Throws<PatchException>(() => SourceText.Decode("/a.yaml", bytes));
        Assert.Equal(PatchErrorCode.InvalidData, e.Code);
        Assert.StartsWith("'/a.yaml' ", e.Message);
        Assert.True(e.Message.Contains(fault), $"{why}: {e.Message}");
    }
}
