using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Files;

public sealed class FileOrchestratorTests : IDisposable
{
    private const string Text = "services:\n  web:\n    image: registry.example/shop/web:1.2\n  db:\n    image: db:1\n";
    private static readonly string NewText = Text.Replace("registry.example/shop/web:1.2", FileSet.NewImage, StringComparison.Ordinal);

    private readonly FileSet _files = new();

    [Fact]
    public async Task A_check_writes_nothing()
    {
        var change = await WebAsync();
        var time = File.GetLastWriteTimeUtc(change.Path);
        Assert.Equal(change with { Status = ChangeStatus.Planned }, Assert.Single(await _files.CheckAsync(change)));
        Assert.Equal((Text, time), (_files.ReadText("compose.yaml"), File.GetLastWriteTimeUtc(change.Path)));
        Assert.Equal(["compose.yaml"], Directory.EnumerateFileSystemEntries(_files.Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Changes_are_made_and_put_back_as_often_as_asked()
    {
        var change = await WebAsync();
        for (var i = 0; i < 2; i++)
        {
            var written = await _files.ApplyAsync(change);
            Assert.Equal(ChangeStatus.Written, written.Status);
            Assert.Equal("Written in line 3; no platform was observed.", written.Detail);
            Assert.Equal(NewText, _files.ReadText("compose.yaml"));
        }

        Assert.Equal(ChangeStatus.Planned, Assert.Single(await _files.CheckAsync(change)).Status);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(ChangeStatus.RolledBack, (await _files.RevertAsync(change)).Status);
            Assert.Equal(Text, _files.ReadText("compose.yaml"));
        }

        Assert.Equal(["compose.yaml"], Directory.EnumerateFileSystemEntries(_files.Root).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_file_that_holds_something_else_is_never_overwritten()
    {
        var change = await WebAsync();
        var other = _files.Write("compose.yaml", Text.Replace("web:1.2", "web:9", StringComparison.Ordinal));
        var before = _files.Read("compose.yaml");
        var check = Assert.Single(await _files.CheckAsync(change));
        Assert.Equal(ChangeStatus.Refused, check.Status);
        var applied = await _files.ApplyAsync(change);
        Assert.Equal(ChangeStatus.Failed, applied.Status);
        var reverted = await _files.RevertAsync(change);
        Assert.Equal(ChangeStatus.LeftAlone, reverted.Status);
        Assert.All(new[] { check, applied, reverted }, result =>
            Assert.Contains($"'{other}' holds 'registry.example/shop/web:9'", result.Detail));
        Assert.Equal(before, _files.Read("compose.yaml"));
    }

    [Theory]
    [InlineData("services:\n  db: {image: db:1}\n", "does not hold the container", "no longer holds the container")]
    [InlineData("services: [", "is no valid YAML", "is no valid YAML")]
    [InlineData("services: {web: {image: 'w:${T}'}}", "needs the variable T", "")]
    [InlineData(null, "cannot be read", "cannot be read")]
    public async Task A_file_that_no_longer_has_the_container_is_left_alone(string? text, string refused, string failed)
    {
        var change = await WebAsync();
        if (text is null)
        {
            File.Delete(change.Path);
        }
        else
        {
            _files.Write("compose.yaml", text);
        }

        var check = Assert.Single(await _files.CheckAsync(change));
        Assert.Equal(ChangeStatus.Refused, check.Status);
        Assert.Contains(refused, check.Detail);
        var applied = await _files.ApplyAsync(change);
        Assert.Equal(ChangeStatus.Failed, applied.Status);
        Assert.Contains(failed, applied.Detail);
        Assert.Equal(ChangeStatus.LeftAlone, (await _files.RevertAsync(change)).Status);
        Assert.Equal(text is not null, File.Exists(change.Path));
    }

    [Fact]
    public async Task What_was_added_around_a_change_stays_when_it_is_put_back()
    {
        var change = await WebAsync();
        await _files.ApplyAsync(change);
        _files.Write("compose.yaml", "# new\n" + NewText + "    restart: always\n");
        Assert.Equal(ChangeStatus.RolledBack, (await _files.RevertAsync(change)).Status);
        Assert.Equal("# new\n" + Text + "    restart: always\n", _files.ReadText("compose.yaml"));
    }

    [Theory]
    [InlineData("registry.example/shop/web:1.3")]
    [InlineData("oci:/images/web:1@" + FileSet.Digest)]
    [InlineData("docker://registry.example/web:1@" + FileSet.Digest)]
    [InlineData("web:1 # x@" + FileSet.Digest)]
    [InlineData("")]
    public async Task A_new_image_that_is_not_pinned_is_refused(string image)
    {
        var change = await WebAsync() with { NewImage = image };
        var check = Assert.Single(await _files.CheckAsync(change));
        Assert.Equal(ChangeStatus.Refused, check.Status);
        Assert.Contains("not of the form name:tag@sha256:...", check.Detail);
    }

    [Fact]
    public async Task A_new_image_that_would_mean_something_else_to_yaml_is_never_written()
    {
        // Past the check on purpose: what is written is read again whatever was checked before.
        foreach (var image in new[] { "a: b", "- x", "x #y", "'x", "{{x}}", "x\n  y: z", "&a b", "*a", "[x]", "@x", "null", "\u0001",
            "x\u2028y" })
        {
            var change = await WebAsync() with { NewImage = image };
            Assert.True((await _files.ApplyAsync(change)).Status == ChangeStatus.Failed, image);
            Assert.Equal(Text, _files.ReadText("compose.yaml"));
        }
    }

    [Fact]
    public async Task Changes_without_a_file_and_contradictions_are_refused()
    {
        var change = await WebAsync();
        var results = await _files.CheckAsync(change with { Path = string.Empty, Workload = "w1" },
            change with { Path = _files["none.yaml"], Workload = "w2" }, change, change with { NewImage = "other:1@" + FileSet.Digest });
        Assert.All(results, result => Assert.Equal(ChangeStatus.Refused, result.Status));
        Assert.Equal(["w1", "w2", change.Workload, change.Workload], results.Select(result => result.Workload));
        Assert.Contains("names no file", results[0].Detail);
        Assert.Contains("none.yaml' cannot be read", results[1].Detail);
        Assert.Contains("several new images", results[2].Detail);
        Assert.Equal(ChangeStatus.Failed, (await _files.ApplyAsync(change with { Path = string.Empty })).Status);
    }

    [Fact]
    public async Task Many_changes_of_a_file_are_checked_together_and_made_one_by_one()
    {
        _files.Write("compose.yaml",
            "services:\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"  s{i}: {{image: 'app{i}:1'}} # {i}\n")));
        var workloads = await _files.ListAsync();
        var changes = await _files.CheckAsync([.. workloads.Select((workload, i) =>
            FileSet.Change(workload, $"app{i}:2@{FileSet.Digest}"))]);
        Assert.All(changes, change => Assert.Equal(ChangeStatus.Planned, change.Status));
        foreach (var change in changes)
        {
            Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(change)).Status);
        }

        Assert.Equal("services:\n"
            + string.Concat(Enumerable.Range(0, 40).Select(i => $"  s{i}: {{image: 'app{i}:2@{FileSet.Digest}'}} # {i}\n")),
            _files.ReadText("compose.yaml"));
    }

    [Fact]
    public async Task Announced_changes_are_made_and_put_back_one_by_one_in_any_order_byte_by_byte()
    {
        var text = "x-log: &log 'app0:1'\nservices:\n" + string.Concat(Enumerable.Range(0, 12).Select(i =>
            $"  s{i}: {{image: {(i % 3 == 0 ? $"\"app{i}:1\"" : $"app{i}:1")}}} # {i}\r\n")) + "  log: {image: *log}\n";
        _files.Write("compose.yaml", text);
        var changes = (await _files.ListAsync()).Select(w => FileSet.Change(w, $"{w.Image.Split(':')[0]}:2@{FileSet.Digest}")).ToArray();
        _files.Orchestrator.Announce(changes);
        int[] order = [3, 0, 12, 11, 1, 2, 10, 4, 9, 5, 8, 6, 7];
        var texts = new Stack<string>();
        foreach (var i in order)
        {
            texts.Push(_files.ReadText("compose.yaml"));
            Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(changes[i])).Status);

            // Whoever has announced nothing finds and writes the same.
            using var other = new FileSet();
            other.Write("compose.yaml", texts.Peek());
            var same = FileSet.Change((await other.ListAsync())[i], changes[i].NewImage);
            Assert.Equal(ChangeStatus.Written, (await other.ApplyAsync(same)).Status);
            Assert.Equal(other.ReadText("compose.yaml"), _files.ReadText("compose.yaml"));
        }

        foreach (var i in order.Reverse())
        {
            Assert.Equal(ChangeStatus.RolledBack, (await _files.RevertAsync(changes[i])).Status);
            Assert.Equal(texts.Pop(), _files.ReadText("compose.yaml"));
        }

        Assert.Equal(text, _files.ReadText("compose.yaml"));
    }

    [Fact]
    public async Task What_somebody_else_writes_between_two_announced_changes_is_seen()
    {
        _files.Write("compose.yaml", "services:\n  a: {image: 'a:1'}\n  b: {image: 'b:1'}\n  c: {image: 'c:1'}\n");
        var changes = (await _files.ListAsync()).Select(w => FileSet.Change(w, $"{w.Image[0]}:2@{FileSet.Digest}")).ToArray();
        _files.Orchestrator.Announce(changes);
        Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(changes[0])).Status);

        // As long as before, and at another place: only the bytes tell.
        var text = _files.ReadText("compose.yaml").Replace("'b:1'", "'b:9'", StringComparison.Ordinal);
        _files.Write("compose.yaml", "# new\n" + text);
        Assert.Equal(ChangeStatus.Failed, (await _files.ApplyAsync(changes[1])).Status);
        Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(changes[2])).Status);
        Assert.Equal("# new\n" + text.Replace("c:1", changes[2].NewImage, StringComparison.Ordinal), _files.ReadText("compose.yaml"));

        _files.Write("compose.yaml", text.Replace("a: {", "a: {x: ", StringComparison.Ordinal));
        Assert.Equal(ChangeStatus.LeftAlone, (await _files.RevertAsync(changes[0])).Status);
        Assert.Equal(text.Replace("a: {", "a: {x: ", StringComparison.Ordinal), _files.ReadText("compose.yaml"));
    }

    [Fact]
    public async Task A_change_that_cannot_be_made_takes_no_other_of_those_announced_with_it()
    {
        _files.Write("compose.yaml", "services:\n  a: {image: 'a:1'}\n  b: {image: b:1}\n  c: {image: c:1}\n");
        var workloads = await _files.ListAsync();
        string[] images = [$"a:2@{FileSet.Digest}", "b: [", $"c:2@{FileSet.Digest}"];
        var changes = workloads.Select((w, i) => FileSet.Change(w, images[i])).ToArray();
        _files.Orchestrator.Announce([.. changes, changes[0] with { NewImage = "'x" }]);
        Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(changes[0])).Status);
        Assert.Equal(ChangeStatus.Failed, (await _files.ApplyAsync(changes[1])).Status);
        Assert.Equal(ChangeStatus.Written, (await _files.ApplyAsync(changes[2])).Status);
        Assert.Equal($"services:\n  a: {{image: '{images[0]}'}}\n  b: {{image: b:1}}\n  c: {{image: {images[2]}}}\n",
            _files.ReadText("compose.yaml"));
    }

    private async Task<RolloutChange> WebAsync()
    {
        _files.Write("compose.yaml", Text);
        return FileSet.Change((await _files.ListAsync()).Single(workload => workload.Name == "web"));
    }

    public void Dispose() => _files.Dispose();
}
