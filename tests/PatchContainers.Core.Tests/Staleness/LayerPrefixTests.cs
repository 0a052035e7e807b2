using PatchContainers.Images;
using PatchContainers.Staleness;
using PatchContainers.TestKit.Images;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Staleness;

public sealed class LayerPrefixTests : IDisposable
{
    private readonly ImageWorld _world = new();
    private readonly TestImage _old = BaseImage("3.0.9-1", day: 1);
    private readonly TestImage _new = BaseImage("3.0.11-1", day: 31);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_old_base_that_its_tag_no_longer_names_is_found_among_the_untagged_manifests()
    {
        await _world.PushAsync(Base, _old);
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_old).Build());

        var stale = await _world.FindOneAsync(App, Base);

        Assert.Equal(StaleStatus.Stale, stale.Status);
        Assert.Equal(new BaseImageInfo { Name = Base, RecordedDigest = _old.Digest.ToString(), CurrentDigest = _new.Digest.ToString(),
            Method = BaseEvidence.LayerPrefix }, stale.Base);
        Assert.Equal(30, stale.BehindDays);
    }

    [Theory]
    [InlineData("12-20230612")]
    [InlineData("12.1")]
    [InlineData("bookworm-old")]
    public async Task Other_tags_of_the_repository_are_versions_of_the_name(string tag)
    {
        await _world.PushAsync($"registry.example/debian:{tag}", _old);
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_old).Build());

        var stale = await _world.FindOneAsync(App, Base);

        Assert.Equal((StaleStatus.Stale, Base), (stale.Status, stale.Base.Name));
        Assert.Contains($"the tag {tag}", stale.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tag_of_another_version_number_is_not_taken_for_the_name()
    {
        await _world.PushAsync("registry.example/debian:11", _old);
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_old).Build());

        var unknown = await _world.FindOneAsync(App, Base);

        Assert.Equal(StaleStatus.Unknown, unknown.Status);
        Assert.Contains("the base image given as registry.example/debian:11, or as ", unknown.Detail, StringComparison.Ordinal);
        Assert.Equal((StaleStatus.Fresh, "registry.example/debian:11"),
            ((await _world.FindOneAsync(App, Base, "registry.example/debian:11")) is var f ? f.Status : default, f.Base.Name));
    }

    [Fact]
    public async Task Given_old_references_are_versions_of_the_name_wherever_they_are()
    {
        await _world.PushAsync("registry.example/archive/debian:bookworm", _old);
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_old).Build());

        Assert.Equal(StaleStatus.Unknown, (await _world.FindOneAsync(App, Base)).Status);
        var stale = await _world.FindOneAsync(App, $"{Base}=registry.example/archive/debian:bookworm");
        Assert.Equal((StaleStatus.Stale, _old.Digest.ToString()), (stale.Status, stale.Base.RecordedDigest));
    }

    [Fact]
    public async Task Recompression_hides_no_match()
    {
        var recompressed = new TestImageBuilder().Plain();
        foreach (var layer in _old.Layers)
        {
            using var gzip = new System.IO.Compression.GZipStream(new MemoryStream(layer.Content),
                System.IO.Compression.CompressionMode.Decompress);
            using var tar = new MemoryStream();
            await gzip.CopyToAsync(tar, TestContext.Current.CancellationToken);
            recompressed.Layer("debootstrap", TestBlob.Layer(tar.ToArray(), MediaTypes.OciLayer));
        }

        await _world.PushAsync(Base, _old);
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(recompressed.Build()).Build());

        Assert.Equal(StaleStatus.Stale, (await _world.FindOneAsync(App, Base)).Status);
    }

    [Fact]
    public async Task The_longest_prefix_wins()
    {
        var python = new TestImageBuilder(_old).Layer("install python", l => l.AddFile("usr/bin/python3", "python")).Build();
        await _world.PushAsync(Base, _old);
        await _world.PushAsync("registry.example/python:3", python);
        await _world.PushAsync(App, AppBuilder(python).Build());

        var found = await _world.FindOneAsync(App, Base, "registry.example/python:3");

        Assert.Equal((StaleStatus.Fresh, "registry.example/python:3"), (found.Status, found.Base.Name));
    }

    [Fact]
    public async Task A_prefix_must_be_proper()
    {
        await _world.PushAsync(Base, _old);
        await _world.PushAsync(App, new TestImageBuilder(_old).Env("A", "B").Build());

        Assert.Equal(StaleStatus.Unknown, (await _world.FindOneAsync(App, Base)).Status);
    }

    [Fact]
    public async Task Equal_layers_are_settled_by_the_history()
    {
        // Same layers under two names, but each with its own last line of history.
        var slim = BaseBuilder("3.0.9-1").History("CMD bash # slim").Build();
        var full = BaseBuilder("3.0.9-1").History("CMD bash # full").Build();
        await _world.PushAsync("registry.example/slim:1", slim);
        await _world.PushAsync("registry.example/full:1", full);
        await _world.PushAsync(App, AppBuilder(full).Build());

        var found = await _world.FindOneAsync(App, "registry.example/slim:1", "registry.example/full:1");

        Assert.Equal("registry.example/full:1", found.Base.Name);
    }

    [Fact]
    public async Task Equal_layers_are_settled_by_the_name_that_buildah_writes()
    {
        await _world.PushAsync("registry.example/a:1", _old);
        await _world.PushAsync("registry.example/b:1", _old);
        await _world.PushAsync(App, AppBuilder(_old).History("LABEL x", "FROM registry.example/b:1").Build());

        Assert.Equal("registry.example/b:1", (await _world.FindOneAsync(App, "registry.example/a:1", "registry.example/b:1")).Base.Name);
    }

    [Fact]
    public async Task Equal_layers_that_nothing_settles_list_all_names()
    {
        await _world.PushAsync("registry.example/a:1", _old);
        await _world.PushAsync("registry.example/b:1", _old);
        await _world.PushAsync(App, AppBuilder(_old).Build());
        string[] bases = ["registry.example/a:1", "registry.example/b:1"];

        var fresh = await _world.FindOneAsync(App, bases);
        Assert.Equal((StaleStatus.Fresh, "registry.example/a:1, registry.example/b:1"), (fresh.Status, fresh.Base.Name));

        // One name went on and the other did not: whoever knows which was meant has to say so.
        await _world.PushAsync("registry.example/b:1", _new);
        var unknown = await _world.FindOneAsync(App, bases);
        Assert.Equal((StaleStatus.Unknown, "registry.example/a:1, registry.example/b:1"), (unknown.Status, unknown.Base.Name));
        Assert.Contains("the right base image given alone", unknown.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_without_a_digest_is_completed_by_its_repository()
    {
        await _world.PushAsync(Base, _old);
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_old).BasedOn(Base).Build());

        var stale = await _world.FindOneAsync();

        Assert.Equal((StaleStatus.Stale, BaseEvidence.LayerPrefix, _old.Digest.ToString()),
            (stale.Status, stale.Base.Method, stale.Base.RecordedDigest));
    }

    [Fact]
    public async Task A_name_that_buildah_left_in_the_history_is_completed_by_its_repository()
    {
        await _world.PushAsync(Base, _old);
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_old).History("LABEL x", $"FROM {Base}").Build());

        Assert.Equal((StaleStatus.Stale, Base), ((await _world.FindOneAsync()) is var f ? f.Status : default, f.Base.Name));
    }

    [Fact]
    public async Task An_index_of_before_is_found_by_its_platform()
    {
        var arm = BaseImage("3.0.9-1", "linux/arm64");
        var before = await _world.PushAsync(Base, new TestIndex(_old, arm));
        var after = await _world.PushAsync(Base, new TestIndex(_new, BaseImage("3.0.11-1", "linux/arm64")));
        await _world.PushAsync(App, AppBuilder(arm).Build());

        var stale = await _world.FindOneAsync(App, Base);

        Assert.Equal((before.ToString(), after.ToString()), (stale.Base.RecordedDigest, stale.Base.CurrentDigest));
    }

    [Fact]
    public async Task A_known_base_that_cannot_be_read_is_said()
    {
        await _world.PushAsync(App, AppBuilder(_old).Build());

        Assert.Equal(StaleStatus.Unknown, (await _world.FindOneAsync(App, "registry.example/gone:1")).Status);
        Assert.Contains(_world.Warnings, w => w.Contains("registry.example/gone:1", StringComparison.Ordinal));
    }
}
