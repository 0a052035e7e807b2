using PatchContainers.Images;
using PatchContainers.Staleness;
using PatchContainers.TestKit.Images;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Staleness;

/// <summary>What is found out about one image, and by which evidence.</summary>
public sealed class StaleImageVerdictTests : IDisposable
{
    private readonly ImageWorld _world = new();

    private readonly TestImage _old = BaseImage("3.0.9-1", day: 1);
    private readonly TestImage _new = BaseImage("3.0.11-1", day: 31);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_annotated_image_on_a_replaced_base_is_stale_with_both_digests_and_the_gap()
    {
        await _world.PushAsync(Base, _old);
        await _world.PushAsync(Base, _new);
        var app = await _world.PushAsync(App, AppBuilder(_old).BasedOn(Base, _old.Digest).Build());

        var stale = await _world.FindOneAsync();

        Assert.Equal(StaleStatus.Stale, stale.Status);
        Assert.Equal([StaleReason.BaseChanged], stale.Reasons);
        Assert.Equal(new BaseImageInfo { Name = Base, RecordedDigest = _old.Digest.ToString(), CurrentDigest = _new.Digest.ToString(),
            Method = BaseEvidence.Annotation }, stale.Base);
        Assert.Equal((App, app.ToString(), 30), (stale.Image, stale.Digest, stale.BehindDays));
        Assert.Equal(143, stale.AgeDays);
        Assert.Equal($"{Base}@{_new.Digest}", stale.SuggestedImage);
        Assert.Equal(["linux/amd64"], stale.Platforms);
        Assert.Equal(_world.Clock.GetUtcNow(), stale.CheckedAt);
        Assert.Contains(_old.Digest.ToString(), stale.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_annotated_image_on_the_current_base_is_fresh_and_written_only_when_asked()
    {
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Digest).Build());

        Assert.Equal(StaleStatus.Fresh, (await _world.FindOneAsync()).Status);
        Assert.Empty(await _world.FindAsync(new StaleImageOptions { Images = [ImageReference.Parse(App)] }));
    }

    [Fact]
    public async Task Labels_say_the_same_with_their_own_method_and_annotations_go_before_them()
    {
        await _world.PushAsync(Base, _old);
        await _world.PushAsync(Base, _new);
        var labelled = AppBuilder(_old).Label("org.opencontainers.image.base.name", Base).Label("org.opencontainers.image.base.digest",
            _old.Digest.ToString());
        await _world.PushAsync(App, labelled.Build());
        await _world.PushAsync("registry.example/shop/both:1", labelled.BasedOn(Base, _new.Digest).Build());

        var stale = await _world.FindOneAsync();
        Assert.Equal((StaleStatus.Stale, BaseEvidence.Label), (stale.Status, stale.Base.Method));
        var both = await _world.FindOneAsync("registry.example/shop/both:1");
        Assert.Equal((StaleStatus.Fresh, BaseEvidence.Annotation), (both.Status, both.Base.Method));
    }

    [Fact]
    public async Task A_platform_digest_recorded_for_an_index_base_is_compared_with_that_platform_s_manifest()
    {
        var (oldArm, newArm) = (BaseImage("3.0.9-1", "linux/arm64"), BaseImage("3.0.11-1", "linux/arm64"));
        await _world.PushAsync(Base, new TestIndex(_new, newArm));
        await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Digest).Build());
        Assert.Equal(StaleStatus.Fresh, (await _world.FindOneAsync()).Status);

        // Another platform of the same index is no drift either.
        await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, newArm.Digest).Build());
        Assert.Equal(StaleStatus.Fresh, (await _world.FindOneAsync()).Status);

        // An old platform's manifest is compared with that platform's new one, never with the index.
        await _world.PushAsync("registry.example/debian:12-old", new TestIndex(_old, oldArm));
        await _world.PushAsync(App, AppBuilder(_old).BasedOn(Base, _old.Digest).Build());
        var stale = await _world.FindOneAsync();
        Assert.Equal((StaleStatus.Stale, _old.Digest.ToString(), _new.Digest.ToString()),
            (stale.Status, stale.Base.RecordedDigest, stale.Base.CurrentDigest));
    }

    [Fact]
    public async Task A_config_digest_of_the_current_base_is_no_change()
    {
        await _world.PushAsync(Base, new TestIndex(_new));
        await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Config.Descriptor.Digest).Build());

        Assert.Equal(StaleStatus.Fresh, (await _world.FindOneAsync()).Status);
    }

    [Fact]
    public async Task Index_digests_are_compared_with_index_digests()
    {
        var before = await _world.PushAsync(Base, new TestIndex(_old, BaseImage("3.0.9-1", "linux/arm64")));
        await _world.PushAsync(App, AppBuilder(_old).BasedOn(Base, before).Build());
        Assert.Equal(StaleStatus.Fresh, (await _world.FindOneAsync()).Status);

        var after = await _world.PushAsync(Base, new TestIndex(_new, BaseImage("3.0.11-1", "linux/arm64")));
        var stale = await _world.FindOneAsync();
        Assert.Equal((StaleStatus.Stale, before.ToString(), after.ToString()),
            (stale.Status, stale.Base.RecordedDigest, stale.Base.CurrentDigest));
    }

    [Fact]
    public async Task An_index_that_changed_for_other_platforms_alone_makes_nothing_stale()
    {
        var before = await _world.PushAsync(Base, new TestIndex(_old, BaseImage("3.0.9-1", "linux/arm64")));
        var after = await _world.PushAsync(Base, new TestIndex(_old, BaseImage("3.0.11-1", "linux/arm64")));
        Assert.NotEqual(before, after);
        await _world.PushAsync(App, AppBuilder(_old).BasedOn(Base, before).Build());

        var fresh = await _world.FindOneAsync();

        Assert.Equal(StaleStatus.Fresh, fresh.Status);
        Assert.Contains("both hold the manifest", fresh.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_multi_arch_image_is_one_result_and_stale_if_one_platform_s_base_changed()
    {
        var (oldArm, newArm) = (BaseImage("3.0.9-1", "linux/arm64"), BaseImage("3.0.11-1", "linux/arm64"));
        await _world.PushAsync("registry.example/debian:12-old", new TestIndex(_old, oldArm));
        await _world.PushAsync(Base, new TestIndex(_new, newArm));
        var digest = await _world.PushAsync(App, new TestIndex(
            AppBuilder(_new).BasedOn(Base, _new.Digest).Build(), AppBuilder(oldArm).BasedOn(Base, oldArm.Digest).Build()));

        var stale = await _world.FindOneAsync();

        Assert.Equal((StaleStatus.Stale, digest.ToString()), (stale.Status, stale.Digest));
        Assert.Equal(["linux/amd64", "linux/arm64"], stale.Platforms);
        Assert.Equal(oldArm.Digest.ToString(), stale.Base.RecordedDigest);
        Assert.Equal(newArm.Digest.ToString(), stale.Base.CurrentDigest);
        Assert.Contains($"linux/arm64: it was built on {Base} ({oldArm.Digest}", stale.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_index_s_annotations_count_for_all_its_platforms()
    {
        var before = await _world.PushAsync(Base, new TestIndex(_old));
        await _world.PushAsync(Base, new TestIndex(_new));
        await _world.PushAsync(App, new TestIndex(AppBuilder(_old).Build()).BasedOn(Base, before));

        Assert.Equal((StaleStatus.Stale, BaseEvidence.Annotation),
            ((await _world.FindOneAsync()).Status, (await _world.FindOneAsync()).Base.Method));
    }

    [Fact]
    public async Task Annotations_of_the_index_s_entry_count_for_its_platform()
    {
        await _world.PushAsync(Base, _old);
        await _world.PushAsync(Base, _new);
        var index = new TestIndex(AppBuilder(_old).Build());
        await _world.PushAsync(App, index);
        var document = System.Text.Json.Nodes.JsonNode.Parse(index.Index.Content)!;
        document["manifests"]![0]!["annotations"] = new System.Text.Json.Nodes.JsonObject
        {
            ["org.opencontainers.image.base.name"] = Base,
            ["org.opencontainers.image.base.digest"] = _old.Digest.ToString(),
        };
        var content = System.Text.Encoding.UTF8.GetBytes(document.ToJsonString());
        await _world.Store.WriteManifestAsync(ImageReference.Parse(App), index.Index.MediaType, content,
            TestContext.Current.CancellationToken);

        var stale = await _world.FindOneAsync();

        Assert.Equal((StaleStatus.Stale, BaseEvidence.Annotation), (stale.Status, stale.Base.Method));
    }

    [Fact]
    public async Task A_base_that_can_no_longer_be_fetched_has_still_changed()
    {
        await _world.PushAsync(Base, _new);
        var gone = Digest.OfBytes("gone"u8);
        await _world.PushAsync(App, AppBuilder(_old).BasedOn(Base, gone).Build());

        var stale = await _world.FindOneAsync();

        Assert.Equal([StaleReason.BaseChanged], stale.Reasons);
        Assert.Null(stale.BehindDays);
        Assert.Equal(gone.ToString(), stale.Base.RecordedDigest);
        Assert.Contains("can no longer be read", stale.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_base_that_cannot_be_asked_makes_the_image_Unknown_and_warns_once()
    {
        await _world.PushAsync(App, AppBuilder(_old).BasedOn("registry.example/gone:1", _old.Digest).Build());
        await _world.PushAsync("registry.example/shop/other:1",
            AppBuilder(_old).Env("A", "B").BasedOn("registry.example/gone:1", _old.Digest).Build());

        var found = await _world.FindAsync(new StaleImageOptions { Images = [ImageReference.Parse(App),
            ImageReference.Parse("registry.example/shop/other:1")] });

        Assert.All(found, f => Assert.Equal(StaleStatus.Unknown, f.Status));
        Assert.Contains("registry.example/gone:1", found[0].Detail, StringComparison.Ordinal);
        Assert.Single(_world.Warnings);
    }

    [Theory]
    [InlineData("", "", "the base image given as NAME would settle it")]
    [InlineData("", "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "the base image given as NAME=sha256:aaaa")]
    [InlineData("Not A Name", "", "no image reference")]
    [InlineData("registry.example/debian:12", "", "the base image given as registry.example/debian:12=OLDREF would settle it")]
    [InlineData("registry.example/debian@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", "by digest alone")]
    [InlineData("scratch", "", "built from scratch")]
    public async Task Without_evidence_an_image_is_Unknown_and_says_what_would_settle_it(string name, string digest, string detail)
    {
        await _world.PushAsync(Base, _new);
        var builder = AppBuilder(_old);
        if (name.Length > 0)
        {
            builder.Annotation("org.opencontainers.image.base.name", name);
        }

        if (digest.Length > 0)
        {
            builder.Annotation("org.opencontainers.image.base.digest", digest);
        }

        await _world.PushAsync(App, builder.Build());

        var unknown = await _world.FindOneAsync();

        Assert.Equal(StaleStatus.Unknown, unknown.Status);
        Assert.Empty(unknown.Reasons);
        Assert.Contains(detail, unknown.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_old_needs_a_limit_and_a_date()
    {
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Digest).Build());
        await _world.PushAsync("registry.example/shop/undated:1",
            AppBuilder(_new).Created(DateTimeOffset.UnixEpoch).BasedOn(Base, _new.Digest).Build());
        StaleImageOptions options = new()
        {
            Images = [ImageReference.Parse(App), ImageReference.Parse("registry.example/shop/undated:1")],
            MaxAge = TimeSpan.FromDays(90),
            IncludeFresh = true,
        };

        var found = await _world.FindAsync(options);

        Assert.Equal([StaleReason.TooOld], found[0].Reasons);
        Assert.Equal((StaleStatus.Fresh, null, null), (found[1].Status, found[1].Created, found[1].AgeDays));
        Assert.Equal(StaleStatus.Fresh, (await _world.FindAsync(options with { MaxAge = TimeSpan.FromDays(200) }))[0].Status);
    }

    [Fact]
    public async Task A_base_without_a_date_gives_no_gap()
    {
        var undated = BaseBuilder("3.0.9-1").Created(new DateTimeOffset(1, 1, 1, 0, 0, 0, TimeSpan.Zero)).Build();
        await _world.PushAsync(Base, undated);
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(undated).BasedOn(Base, undated.Digest).Build());

        var stale = await _world.FindOneAsync();

        Assert.Equal((StaleStatus.Stale, null), (stale.Status, stale.BehindDays));
    }

    [Fact]
    public async Task A_pinned_reference_s_digest_decides_and_a_tag_that_went_on_is_said()
    {
        await _world.PushAsync(Base, _new);
        var pinned = await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Digest).Build());
        Assert.Equal(StaleStatus.Fresh, (await _world.FindOneAsync($"{App}@{pinned}")).Status);

        var moved = await _world.PushAsync(App, AppBuilder(_new).Env("NEW", "1").BasedOn(Base, _new.Digest).Build());
        var stale = await _world.FindOneAsync($"{App}@{pinned}");

        Assert.Equal(pinned.ToString(), stale.Digest);
        Assert.Equal([StaleReason.TagMoved], stale.Reasons);
        Assert.Equal($"{App}@{moved}", stale.SuggestedImage);
    }

    [Fact]
    public async Task A_platform_pinned_out_of_the_index_that_the_tag_names_has_not_moved()
    {
        await _world.PushAsync(Base, _new);
        var image = AppBuilder(_new).BasedOn(Base, _new.Digest).Build();
        await _world.PushAsync(App, new TestIndex(image));

        Assert.Equal(StaleStatus.Fresh, (await _world.FindOneAsync($"{App}@{image.Digest}")).Status);
    }
}
