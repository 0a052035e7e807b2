using System.Text;
using System.Text.Json;
using PatchContainers.Scanning.Reports;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class JsonCursorTests
{
    [Fact]
    public void What_is_not_read_is_skipped()
    {
        using var cursor = Open("""{"a":{"x":[1,{"y":2}]},"b":[[],[{}],"t"],"c":null,"d":7,"e":{},"f":"last"}""");
        var (names, last) = (new List<string>(), string.Empty);
        foreach (var name in cursor.Members())
        {
            names.Add(name);
            last = name == "f" ? cursor.ReadText() : last;
        }

        cursor.End();
        Assert.Equal(["a", "b", "c", "d", "e", "f"], names);
        Assert.Equal("last", last);
    }

    [Fact]
    public void What_is_read_in_part_is_left_where_its_reader_stopped()
    {
        using var cursor = Open("""[{"a":1,"b":{"c":[1,2,{"d":3}],"e":4},"f":5},{"a":10},[[1],[2]],"t"]""");
        var seen = new List<string>();
        foreach (var number in cursor.Items())
        {
            if (cursor.Type != JsonTokenType.StartObject)
            {
                foreach (var inner in cursor.Type == JsonTokenType.StartArray ? cursor.Items() : [])
                {
                    seen.Add($"{number}[{inner}]");
                    break;
                }

                continue;
            }

            foreach (var name in cursor.Members())
            {
                seen.Add($"{number}.{name}");
                if (name == "b")
                {
                    foreach (var inner in cursor.Members())
                    {
                        seen.Add($"{number}.b.{inner}");
                        foreach (var deep in cursor.Items())
                        {
                            seen.Add($"{number}.b.c.{deep}");
                            if (deep == 1)
                            {
                                break;
                            }
                        }

                        break;
                    }

                    break;
                }
            }
        }

        cursor.End();
        Assert.Equal(["0.a", "0.b", "0.b.c", "0.b.c.0", "0.b.c.1", "1.a", "2[0]"], seen);
    }

    [Fact]
    public void Breaks_of_nested_loops_do_not_lose_what_follows()
    {
        using var cursor = Open("""{"a":{"b":{"c":{"d":1},"x":1},"y":2},"z":"here"}""");
        var found = string.Empty;
        foreach (var a in cursor.Members())
        {
            if (a == "z")
            {
                found = cursor.ReadText();
                continue;
            }

            foreach (var b in cursor.Members())
            {
                foreach (var c in cursor.Members())
                {
                    Assert.Equal(("b", "c"), (b, c));
                    break;
                }

                break;
            }
        }

        Assert.Equal("here", found);
    }

    [Fact]
    public void Values_are_whole_however_the_stream_is_cut()
    {
        const string Json = """
             {"list" : [ {"a":"x\u00e4\"y","n":-12.5e3}, [true , null], "text", 7 ] , "skip":{"a":[1,2]},"täil" : "end" }

            """;
        foreach (var step in new[] { 1, 2, 3, 7 })
        {
            using var cursor = new JsonCursor(new Dripping(Encoding.UTF8.GetBytes(Json), step), "report", CancellationToken.None);
            var seen = new List<string>();
            foreach (var name in cursor.Members())
            {
                seen.Add(name);
                if (name == "list")
                {
                    seen.AddRange(cursor.Values().Select(v => v.GetRawText()));
                }
                else if (name == "täil")
                {
                    seen.Add(cursor.ReadText());
                }
            }

            cursor.End();
            Assert.Equal(["list", """{"a":"x\u00e4\"y","n":-12.5e3}""", "[true , null]", "\"text\"", "7", "skip", "täil", "end"], seen);
        }
    }

    [Fact]
    public void Values_across_the_borders_of_the_buffer_are_whole()
    {
        var texts = Enumerable.Range(0, 300).Select(i => new string((char)('a' + (i % 26)), 997 * (i % 13))).ToArray();
        using var cursor = Open(JsonSerializer.Serialize(texts.Select(t => new { t, rest = new[] { t, t } })));

        Assert.Equal(texts, cursor.Values().Select(v => v.GetProperty("t").GetString()!));
        cursor.End();
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"a":null}""")]
    public void Null_is_a_list_or_an_object_without_anything(string json)
    {
        using var cursor = Open(json);
        foreach (var _ in cursor.Members())
        {
            Assert.Empty(cursor.Items());
            Assert.Empty(cursor.Members());
            Assert.Empty(cursor.Values());
        }

        cursor.End();
    }

    [Theory]
    [InlineData("""{"a":{}}""", "an object where a list")]
    [InlineData("""{"a":"t"}""", "a text where a list")]
    [InlineData("""{"a":7}""", "a number where a list")]
    [InlineData("""{"a":false}""", "a truth value where a list")]
    public void What_should_be_a_list_is_one(string json, string fault)
    {
        var error = Assert.Throws<PatchException>(() => Each(json, cursor => _ = cursor.Items().Count()));

        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        Assert.Contains("'report' cannot be read (at 'a'): there is " + fault, error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n ")]
    [InlineData("{")]
    [InlineData("""{"a""")]
    [InlineData("""{"a":""")]
    [InlineData("""{"a":[1,2""")]
    [InlineData("""{"a":"text""")]
    [InlineData("""{"a":tru""")]
    [InlineData("""{"a":1}}""")]
    [InlineData("""{"a":1} x""")]
    [InlineData("""{"a":1}{"a":2}""")]
    [InlineData("""{"a" 1}""")]
    [InlineData("""{"a":[1,]}""")]
    [InlineData("""{'a':1}""")]
    [InlineData("""{"a":"\x"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("no json")]
    public void What_is_no_whole_json_is_refused_whether_read_or_skipped(string json)
    {
        foreach (var each in new Action<JsonCursor>[] { _ => { }, cursor => cursor.Read().Dispose() })
        {
            var error = Assert.Throws<PatchException>(() => Each(json, each));
            Assert.Equal(PatchErrorCode.InvalidData, error.Code);
            Assert.StartsWith("'report' ", error.Message);
        }
    }

    [Fact]
    public void The_line_of_a_fault_is_told() => Assert.Contains("'report' line 3 is no valid JSON",
        Assert.Throws<PatchException>(() => Each("{\n\"a\":1,\n?", _ => { })).Message);

    [Fact]
    public void Nesting_has_an_end()
    {
        var json = $$"""{"a":{{new string('[', 100_000)}}""";
        foreach (var each in new Action<JsonCursor>[] { _ => { }, cursor => cursor.Read().Dispose() })
        {
            Assert.Contains("depth", Assert.Throws<PatchException>(() => Each(json, each)).Message);
        }
    }

    [Fact]
    public void An_item_has_a_largest_size_and_a_list_has_none()
    {
        var large = $"\"{new string('x', 3 * 1024 * 1024)}\"";
        using (var cursor = Open($"[{string.Join(',', Enumerable.Repeat(large, 6))}]"))
        {
            Assert.Equal(6, cursor.Values().Count());
        }

        var error = Assert.Throws<PatchException>(() =>
            Each($$"""{"a":[{{string.Join(',', Enumerable.Repeat(large, 6))}}]}""", cursor => cursor.Read().Dispose()));
        Assert.Contains("(at 'a'): it holds an item of more than 16777216 bytes", error.Message);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_no_empty_text()
    {
        byte[] json = [.. """{"a":"x"""u8, 0xC3, 0x28, .. "\"}"u8];
        Assert.Contains("no UTF-8", Assert.Throws<PatchException>(() => Each(json, cursor => cursor.ReadText())).Message);

        byte[] name = [.. "{\""u8, 0xFF, .. "\":1}"u8];
        Assert.Throws<PatchException>(() => Each(name, _ => { }));
    }

    [Fact]
    public void Reading_can_be_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => new JsonCursor(new MemoryStream([.. "{}"u8]), "report", cancelled.Token));
    }

    private static JsonCursor Open(string json) => new(new MemoryStream(Encoding.UTF8.GetBytes(json)), "report", CancellationToken.None);

    private static void Each(string json, Action<JsonCursor> value) => Each(Encoding.UTF8.GetBytes(json), value);

    private static void Each(byte[] json, Action<JsonCursor> value)
    {
        using var cursor = new JsonCursor(new MemoryStream(json), "report", CancellationToken.None);
        foreach (var _ in cursor.Members())
        {
            value(cursor);
        }

        cursor.End();
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Dripping(byte[] content, int step) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, step));
    }
}
