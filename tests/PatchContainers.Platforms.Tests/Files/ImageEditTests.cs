using System.Text;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Files;

/// <summary>One image, in every spelling that YAML has for it: changed, and put back byte for byte.</summary>
public sealed class ImageEditTests : IDisposable
{
    private const string Old = "registry.example/shop/web:1.2";

    private readonly FileSet _files = new();

    // What stands before the image's characters, those characters, and what stands after them.
    public static TheoryData<string, string, string, string> Spellings => new()
    {
        { "plain", "  image: ", Old, "\n" },
        { "plain with a comment", "  image: ", Old, "   # keep: me\n" },
        { "plain with a tab", "  image:\t", Old, "\t# c\n" },
        { "plain at the end", "  image: ", Old, "" },
        { "single quotes", "  image: '", Old, "'\n" },
        { "double quotes", "  image: \"", Old, "\" #c\n" },
        { "white space in quotes", "  image: \" ", Old, " \"\n" },
        { "quoted key", "  \"image\" : '", Old, "'\n" },
        { "explicit key", "  ? image\n  : ", Old, "\n" },
        { "on the next line", "  image:\n    # here\n    ", Old, "\n" },
        { "tag", "  image: !!str ", Old, "\n" },
        { "anchor", "  image: &img ", Old, "\n" },
        { "anchor, comment, tag, quotes", "  image: &img # c 'x'\n    !!str '", Old, "'\n" },
        { "literal block", "  image: |-\n    ", Old, "\n" },
        { "literal block kept", "  image: |+\n    ", Old, "\n\n" },
        { "folded block with comment", "  image: >-  # 'c'\n      ", Old, "\n  # after\n" },
        { "folded block at the end", "  image: >-\n   ", Old, "" },
        { "clipped block", "  image: >\n    ", Old, "\n\n" },
        { "block with indentation indicator", "  image: >2-\n    ", Old, "\n" },
        { "carriage returns", "  # c\r\n  image: ", Old, "\r\n" },
        { "carriage returns in a block", "  image: >-\r\n    ", Old, "\r\n" },
        { "old Mac lines", "  a: b\r  image: ", Old, "\r" },
        { "many bytes before", "  # \u00e9 \u4e16\u754c \U0001F600\n  a: \"\U0001F600\"\n  image: ", Old, " # \U0001F600\n" },
    };

    [Theory]
    [MemberData(nameof(Spellings))]
    public async Task A_service_is_changed_and_put_back(string spelling, string before, string image, string after)
    {
        foreach (var mark in (byte[][])[[], [0xEF, 0xBB, 0xBF]])
        {
            byte[] head = [.. mark, .. "services:\n web:\n"u8.ToArray(), .. Encoding.UTF8.GetBytes(before)];
            byte[] old = [.. head, .. Encoding.UTF8.GetBytes(image + after)];
            byte[] expected = [.. head, .. Encoding.UTF8.GetBytes(FileSet.NewImage + after)];
            await ChangeAndPutBack("compose.yaml", old, expected, spelling);
        }
    }

    [Theory]
    [InlineData("UTF-16")]
    [InlineData("UTF-16BE")]
    [InlineData("UTF-32")]
    public async Task Other_encodings_are_changed_in_place(string encoding)
    {
        var code = Encoding.GetEncoding(encoding);
        const string text = "# \U0001F600\r\nservices: {web: {image: 'IMAGE'}}";
        byte[] Encode(string image) => [.. code.GetPreamble(), .. code.GetBytes(text.Replace("IMAGE", image, StringComparison.Ordinal))];
        await ChangeAndPutBack("compose.yaml", Encode(Old), Encode(FileSet.NewImage), encoding);
    }

    [Theory]
    [InlineData("{\n\t\"services\": {\"web\":{\"image\":\"IMAGE\",\"ports\":[80,\t443]}}\n}", "JSON")]
    [InlineData("services: {web: {image: IMAGE, ports: [80]}}", "a flow mapping")]
    [InlineData("services: {web: {image: IMAGE}}", "a flow mapping's end")]
    [InlineData("{services: {web: {\"image\":IMAGE}}}", "no space behind the colon")]
    [InlineData("services: {web: {image: &i IMAGE , x: *i2, y: &i2 z}}", "")]
    public async Task Flow_style_is_changed_in_place(string text, string style)
    {
        if (style.Length == 0)
        {
            // An alias before its anchor: the file is broken, and no edit is tried.
            _files.Write("compose.yaml", text);
            Assert.Empty(await _files.ListAsync());
            Assert.Single(_files.Notices.Failures);
            return;
        }

        byte[] Encode(string image) => Encoding.UTF8.GetBytes(text.Replace("IMAGE", image, StringComparison.Ordinal));
        await ChangeAndPutBack("compose.yaml", Encode(Old), Encode(FileSet.NewImage), style);
    }

    [Theory]
    [InlineData(@"registry.example\/shop\/web", ":1.2", ":1.2-patched-01234567@", "JSON's escaped slashes")]
    [InlineData(@"\x72egistry.example/shop\u002fweb:1.2", "", "-patched-01234567@", "numbers for characters")]
    public async Task Escapes_stay_where_the_images_agree(string kept, string oldRest, string newRest, string why)
    {
        byte[] Encode(string rest) => Encoding.UTF8.GetBytes($"{{\"services\": {{\"web\": {{\"image\": \"{kept}{rest}\"}}}}}}");
        await ChangeAndPutBack("compose.json", Encode(oldRest), Encode(newRest + FileSet.Digest), why);
    }

    [Theory]
    [InlineData("\"registry.example/shop/web:0\\x2e9\"", "escapes", "an escape that would be lost")]
    [InlineData("\"registry.example/shop/\\\n    web:1.2\"", "over several lines", "a line break in quotes")]
    [InlineData("|-\n    registry.example/shop/web:1.2\n    # no comment", "", "several lines: no such image")]
    public async Task What_could_not_be_put_back_is_refused(string spelling, string fault, string why)
    {
        var path = _files.Write("compose.yaml", $"services:\n web:\n  image: {spelling}\n");
        var before = _files.Read("compose.yaml");
        var workload = await _files.OneAsync("compose.yaml");
        if (fault.Length == 0)
        {
            Assert.True(workload.Image.Contains('\n', StringComparison.Ordinal), why);
        }

        var change = Assert.Single(await _files.CheckAsync(FileSet.Change(workload)));
        Assert.Equal(ChangeStatus.Refused, change.Status);
        Assert.Contains(fault, change.Detail);
        Assert.Contains(path, change.Detail);
        Assert.Equal(ChangeStatus.Failed, (await _files.ApplyAsync(FileSet.Change(workload))).Status);
        Assert.Equal(before, _files.Read("compose.yaml"));
    }

    [Fact]
    public async Task One_document_of_many_is_changed()
    {
        static string Text(string image) => $$"""
            # first
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: {{Old}} }] } }
            ... # end
            ---

            apiVersion: v1
            kind: Pod
            metadata: {name: b}
            spec:
              containers:
              - image: {{image}}   # second
                name: c
            --- # third
            kind: Pod

            """;
        _files.Write("pods.yaml", Text(Old));
        var workload = (await _files.ListAsync()).Single(candidate => candidate.Name == "b");
        Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(FileSet.Change(workload))).Status);
        Assert.Equal(Text(FileSet.NewImage), _files.ReadText("pods.yaml"));
    }

    [Theory]
    [InlineData("'${REGISTRY}/web:${TAG:-2}'",
        "holds the variable REGISTRY, which is set in '{0}.env', and TAG, which takes its default in '{0}compose.yaml'")]
    [InlineData("'web:${UNSET}'", "needs the variable UNSET")]
    [InlineData("'{{ image }}'", "is a template expression")]
    [InlineData("{{ image }}", "is no string")]
    public async Task Variables_and_templates_are_refused_by_name(string image, string fault)
    {
        _files.Write(".env", "REGISTRY=registry.example\n");
        var path = _files.Write("compose.yaml", $"services:\n  web:\n    image: {image}\n");
        var change = Assert.Single(await _files.CheckAsync(new RolloutChange
        {
            Workload = $"compose://{path}/web",
            Platform = "Compose",
            Path = path,
            Ring = "staging",
            OldImage = "registry.example/web:2",
            NewImage = FileSet.NewImage,
            NewDigest = FileSet.Digest,
        }));
        Assert.Equal(ChangeStatus.Refused, change.Status);
        Assert.StartsWith($"'{path}' line 3: ", change.Detail);
        Assert.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, fault, _files.Root + Path.DirectorySeparatorChar),
            change.Detail);
    }

    private async Task ChangeAndPutBack(string name, byte[] old, byte[] expected, string why)
    {
        _files.Write(name, old);
        var workload = await _files.OneAsync(name);
        Assert.Equal(Old, workload.Image);
        var change = Assert.Single(await _files.CheckAsync(FileSet.Change(workload)));
        Assert.True(change.Status == ChangeStatus.Planned, $"{why}: {change.Detail}");
        Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(change)).Status);
        Assert.True(expected.AsSpan().SequenceEqual(_files.Read(name)), $"{why}: {Encoding.UTF8.GetString(_files.Read(name))}");
        Assert.Equal(FileSet.NewImage, (await _files.OneAsync(name)).Image);
        Assert.Equal(ChangeStatus.RolledBack, (await _files.RevertAsync(change)).Status);
        Assert.True(old.AsSpan().SequenceEqual(_files.Read(name)), why);
    }

    public void Dispose() => _files.Dispose();
}
