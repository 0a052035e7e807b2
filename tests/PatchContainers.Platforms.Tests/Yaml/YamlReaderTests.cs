using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Platforms.Yaml;
using Xunit;

namespace PatchContainers.Platforms.Tests.Yaml;

public sealed class YamlReaderTests
{
    [Fact]
    public void Scalars_know_their_place_in_the_text()
    {
        const string text = "# \u00e9\U0001F600 \u4e16\nimage: &a !!str 'nginx:1.2' # c\r\nother: \"x\"\n";
        var root = Assert.IsType<YamlMapping>(Assert.Single(Read(text)).Root);
        var image = Assert.IsType<YamlScalar>(root["image"]);
        Assert.Equal("&a !!str 'nginx:1.2'", text[image.Start..image.End]);
        Assert.Equal(2, image.Line);
        Assert.Equal("a", image.Anchor);
        var other = Assert.IsType<YamlScalar>(root["other"]);
        Assert.Equal("\"x\"", text[other.Start..other.End]);
    }

    [Fact]
    public void Merge_keys_give_way_to_written_keys_and_the_first_source_wins()
    {
        var root = (YamlMapping)Read(
            "a: &a {x: 1, y: 1, z: 1}\nb: &b {y: 2, w: 2}\nc:\n  <<: [*b, *a]\n  x: 3\nd:\n  <<: {x: 4}\n  <<: *a\n")[0].Root;
        var c = (YamlMapping)root["c"]!;
        Assert.Equal(["x=3", "y=2", "w=2", "z=1"], c.Effective.Select(entry => $"{entry.Key}={((YamlScalar)entry.Value.Resolved).Value}"));
        Assert.Equal("4", ((YamlMapping)root["d"]!).Text("x"));
        Assert.Equal("1", ((YamlMapping)root["d"]!).Text("y"));
    }

    [Fact]
    public void A_quoted_merge_key_is_a_key_like_any_other()
    {
        var root = (YamlMapping)Read("a: &a {x: 1}\nb: {'<<': *a}\n")[0].Root;
        Assert.Null(((YamlMapping)root["b"]!)["x"]);
    }

    [Theory]
    [InlineData("a: [b\nccc", "line", "no end of a list")]
    [InlineData("a: b: c", "line 1", "a mapping in a plain scalar")]
    [InlineData("a:\n\tb: 1\n", "tab", "a tab for indentation")]
    [InlineData("a: \"b", "line 1", "no end of a quote")]
    [InlineData("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is there twice", "a key twice")]
    [InlineData("x: {\"a\": 1, a: 3}\n", "the key 'a' is there twice", "a key twice, quoted and not")]
    [InlineData("a: *b\n", "the alias '*b' has no anchor", "an alias of nothing")]
    [InlineData("a: &a [*a]\n", "inside its own anchor", "an alias of itself")]
    [InlineData("a: &a 1\n---\nb: *a\n", "line 3: the alias '*a' has no anchor", "an alias of another document's anchor")]
    [InlineData("<<: 1\n", "merge key", "a merge of no mapping")]
    [InlineData("<<: [{a: 1}, 2]\n", "merge key", "a merge of a list with more than mappings")]
    [InlineData("%YAML 3.0\n---\na: 1\n", "line 1", "another YAML")]
    [InlineData("a: `b`\n", "line 1", "a reserved character")]
    public void Broken_text_is_refused_with_its_line(string text, string fault, string why)
    {
        var e = Assert.Throws<PatchException>(() => Read(text));
        Assert.Equal(PatchErrorCode.InvalidData, e.Code);
        Assert.StartsWith("'/x/a.yaml' is no valid YAML, line ", e.Message);
        Assert.True(e.Message.Contains(fault), $"{why}: {e.Message}");
        Assert.Equal("/x/a.yaml", e.Target);
    }

    [Fact]
    public void An_alias_bomb_is_refused_before_it_is_expanded()
    {
        var text = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for (var i = 1; i < 40; i++)
        {
            text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");
        }

        var e = Assert.Throws<PatchException>(() => Read(text.ToString()));
        Assert.Equal(PatchErrorCode.LimitExceeded, e.Code);
        Assert.Contains("more than 500000 nodes once its aliases are followed", e.Message);
    }

    [Fact]
    public void A_merge_bomb_is_refused_before_it_is_expanded()
    {
        var text = new StringBuilder("a0: &a0 {x: 1, y: 2, z: 3}\n");
        for (var i = 1; i < 60; i++)
        {
            text.Append($"a{i}: &a{i}\n  b: *a{i - 1}\n  <<: [*a{i - 1}, *a{i - 1}]\n");
        }

        Assert.Equal(PatchErrorCode.LimitExceeded, Assert.Throws<PatchException>(() => Read(text.ToString())).Code);
    }

    [Fact]
    public void A_million_empty_documents_are_refused()
    {
        var e = Assert.Throws<PatchException>(() => Read(string.Concat(Enumerable.Repeat("---\n", 1_000_000))));
        Assert.Equal(PatchErrorCode.LimitExceeded, e.Code);
        Assert.Contains("more than 500000 nodes (line 500", e.Message);
    }

    [Theory]
    [InlineData("flow sequences")]
    [InlineData("flow mappings")]
    [InlineData("block mappings")]
    [InlineData("block sequences")]
    [InlineData("complex keys")]
    [InlineData("aliases")]
    public void Ten_thousand_levels_are_refused_and_overflow_no_stack(string form)
    {
        const int levels = 10_000;
        var text = form switch
        {
            "flow sequences" => new string('[', levels) + new string(']', levels),
            "flow mappings" => string.Concat(Enumerable.Repeat("{a: ", levels)) + new string('}', levels),
            "block mappings" => string.Concat(Enumerable.Range(0, levels).Select(i => new string(' ', i) + "a:\n")),
            "block sequences" => string.Concat(Enumerable.Repeat("- ", levels)) + "a",
            "complex keys" => string.Concat(Enumerable.Repeat("? ", levels)) + "a",
            _ => "a0: &a0 [x]\n" + string.Concat(Enumerable.Range(1, levels).Select(i => $"a{i}: &a{i} [*a{i - 1}]\n")),
        };
        var e = Assert.Throws<PatchException>(() => Read(text));
        Assert.Equal(PatchErrorCode.LimitExceeded, e.Code);
        Assert.Contains("nested more than 200 levels deep", e.Message);
    }

    [Fact]
    public void Json_is_read_with_tabs_and_escapes()
    {
        var root = (YamlMapping)Read(
            "{\n\t\"kind\":\t\"Pod\",\n\t\"image\": \"a\\/b\\u003a1\", \"n\": [1,\t-2.5e3, true, null, \"\\ud83d\\ude00\"]\n}\n")[0].Root;
        Assert.Equal("a/b:1", root.Text("image"));
        Assert.Equal("\U0001F600", ((YamlScalar)((YamlSequence)root["n"]!).Items[4]).Value);
    }

    [Fact]
    public void Whatever_the_text_it_is_read_or_refused_by_name()
    {
        var pieces = Gen.Elements("a", "image", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "&x ", "*x", "'", "\"", "|\n", ">-\n", "#",
            "\t", "? ", "!t ", "---\n", "...\n", "%", "\\", "<<: ", "\u00e9",
            "\U0001F600", "\ufeff", "\u0085", "\u2028", "\r", "\ud83d");
        Prop.ForAll(pieces.ArrayOf().ToArbitrary(), words =>
        {
            try
            {
                _ = Read(string.Concat(words));
            }
            catch (PatchException e)
            {
                Assert.Contains("/x/a.yaml", e.Message);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000).WithEndSize(60));
    }

    private static IReadOnlyList<YamlDocument> Read(string text) =>
        YamlReader.Read(SourceText.Decode("/x/a.yaml", Encoding.UTF8.GetBytes(text)), YamlLimits.Default,
            TestContext.Current.CancellationToken);
}
