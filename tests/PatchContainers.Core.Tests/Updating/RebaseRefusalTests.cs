using PatchContainers.Images;
using PatchContainers.TestKit.Images;
using PatchContainers.Updating;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Updating;

/// <summary>What a rebase cannot do safely is refused, as a result that says why and what works instead; nothing is written.</summary>
public sealed class RebaseRefusalTests : IDisposable
{
    private readonly UpdateWorld _world = new();
    private readonly TestImage _old = BaseImage("3.0.9-1", day: 1);
    private readonly TestImage _new = BaseImage("3.0.11-1", day: 31);

    public void Dispose() => _world.Dispose();

    private async Task<BaseImageUpdate> RefuseAsync(TestImageBuilder app, TestImage? newBase = null, params string[] known)
    {
        await _world.Images.PushAsync(Base, _old);
        await _world.Images.PushAsync(Base, newBase ?? _new);
        var before = await _world.Images.PushAsync(App, app.Build());

        var update = await _world.UpdateAsync(App, UpdateWorld.KnownBases(known));

        Assert.Equal((UpdateStatus.Refused, before.ToString(), string.Empty), (update.Status, update.Digest, update.NewDigest));
        await foreach (var tag in _world.Store.ListTagsAsync(ImageReference.Parse(App), TestContext.Current.CancellationToken))
        {
            Assert.Equal("1.4", tag);
        }

        return update;
    }

    [Fact]
    public async Task Packages_installed_by_the_application_are_refused_because_they_would_hide_the_new_base_s()
    {
        // Position and digest of every layer are in order here: only what is in the layer tells.
        var app = AppBuilder(_old).BasedOn(Base, _old.Digest).Layer("RUN apt-get install -y curl", l =>
        {
            l.AddDpkg(("libssl3", "3.0.9-1", "openssl"), ("curl", "7.88.1-10", null));
            l.AddFile("usr/bin/curl", "curl");
        });

        var update = await RefuseAsync(app);

        var rejection = Assert.Single(update.Rejected);
        Assert.Equal(("var/lib/dpkg/status", "RUN apt-get install -y curl", "linux/amd64"),
            (rejection.Path, rejection.HistoryLine, rejection.Platform));
        Assert.Equal(app.Build().Layers[2].Descriptor.Digest.ToString(), rejection.Layer);
        Assert.Contains("every scanner", rejection.Reason, StringComparison.Ordinal);
        Assert.Contains($"Rebuild the image from its Dockerfile on {Base}", rejection.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_both_changed_is_refused()
    {
        var update = await RefuseAsync(AppBuilder(_old).BasedOn(Base, _old.Digest).Layer("COPY libssl.so.3 /usr/lib/", l =>
            l.AddFile("usr/lib/libssl.so.3", "my own")));

        Assert.Equal(("usr/lib/libssl.so.3", "COPY libssl.so.3 /usr/lib/"),
            (Assert.Single(update.Rejected).Path, update.Rejected[0].HistoryLine));
    }

    [Fact]
    public async Task A_user_added_by_the_application_is_no_conflict()
    {
        await _world.Images.PushAsync(Base, _old);
        await _world.Images.PushAsync(Base, _new);
        await _world.Images.PushAsync(App, AppBuilder(_old).BasedOn(Base, _old.Digest).Layer("RUN useradd me", l =>
        {
            l.AddFile("etc/passwd", "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\n");
            l.AddFile("etc/passwd-", "root:x:0:0::/root:/bin/sh\n");
            l.AddFile("var/log/lastlog", "x");
        }).Build());

        Assert.Equal(UpdateStatus.Updated, (await _world.UpdateAsync()).Status);
    }

    [Fact]
    public async Task A_directory_over_the_base_s_link_is_refused()
    {
        var update = await RefuseAsync(AppBuilder(_old).BasedOn(Base, _old.Digest).Layer("COPY x /lib/", l =>
            { l.AddDirectory("lib"); l.AddFile("lib/x", "x"); }));

        Assert.Equal("lib", Assert.Single(update.Rejected).Path);
    }

    [Theory]
    [InlineData("debian", "13", "debian 12", "debian 13")]
    [InlineData("ubuntu", "12", "debian 12", "ubuntu 12")]
    public async Task Another_distribution_release_is_refused(string id, string version, string before, string after)
    {
        var newBase = new TestImageBuilder().Layer("debootstrap", l => l.AddOsRelease(id, version)).Build();

        var reason = (await RefuseAsync(AppBuilder(_old).BasedOn(Base, _old.Digest), newBase)).Rejected[0].Reason;

        Assert.Contains(before, reason, StringComparison.Ordinal);
        Assert.Contains(after, reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_architecture_is_refused()
    {
        var update = await RefuseAsync(AppBuilder(_old).BasedOn(Base, _old.Digest), BaseImage("3.0.11-1", "linux/arm64"));

        Assert.Contains("no image for linux/amd64", Assert.Single(update.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Layers_that_are_not_the_recorded_base_s_are_refused()
    {
        var squashed = new TestImageBuilder().Layer("squashed", l => l.AddFile("srv/app", "all in one")).BasedOn(Base, _old.Digest);

        Assert.Contains("do not begin with those of the base", Assert.Single((await RefuseAsync(squashed)).Rejected).Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_base_that_can_no_longer_be_read_is_refused_until_a_copy_is_named()
    {
        var unseen = BaseImage("3.0.8-1");
        var app = AppBuilder(unseen).BasedOn(Base, unseen.Digest);

        var update = await RefuseAsync(app);
        Assert.Contains($"as the base image {Base}=OLDREF", Assert.Single(update.Rejected).Reason, StringComparison.Ordinal);

        await _world.Images.PushAsync("registry.example/copies/debian:12-old", unseen);
        update = await _world.UpdateAsync(App, UpdateWorld.KnownBases($"{Base}=registry.example/copies/debian:12-old"));
        Assert.Equal(UpdateStatus.Updated, update.Status);
    }

    [Fact]
    public async Task An_image_whose_base_is_not_known_is_refused()
    {
        Assert.Contains("the base image given as NAME", Assert.Single((await RefuseAsync(AppBuilder(_old))).Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_from_scratch_is_refused()
    {
        Assert.Contains("no base to move", Assert.Single((await RefuseAsync(AppBuilder(_old).BasedOn("scratch"))).Rejected).Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_base_under_several_names_is_refused_until_one_is_named()
    {
        await _world.Images.PushAsync("registry.example/other:1", _old);
        await _world.Images.PushAsync("registry.example/other:1", _new);

        var update = await RefuseAsync(AppBuilder(_old), null, Base, "registry.example/other:1");

        Assert.Contains("Give the right one alone", Assert.Single(update.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_type_that_the_image_s_family_does_not_have_is_refused()
    {
        await _world.Images.PushAsync(Base, _old);
        var zstd = new TestBlob(MediaTypes.OciLayerZstd, "no matter"u8.ToArray(), Digest.OfBytes("x"u8));
        await _world.Images.PushAsync(Base, new TestImageBuilder().Layer("zstd", zstd).Build());
        await _world.Images.PushAsync(App, AppBuilder(BaseBuilder("3.0.9-1").Docker().Build()).Label("org.opencontainers.image.base.name",
            Base)
            .Label("org.opencontainers.image.base.digest", _old.Digest.ToString()).Build());

        var update = await _world.UpdateAsync();

        Assert.Equal(zstd.Descriptor.Digest.ToString(), Assert.Single(update.Rejected).Layer);
    }
}
