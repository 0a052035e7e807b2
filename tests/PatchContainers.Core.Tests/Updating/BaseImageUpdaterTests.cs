using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.TestKit.Images;
using PatchContainers.Updating;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Updating;

public sealed class BaseImageUpdaterTests : IDisposable
{
    private const string NameKey = "org.opencontainers.image.base.name";
    private const string DigestKey = "org.opencontainers.image.base.digest";

    private readonly UpdateWorld _world = new();
    private readonly TestImage _old = BaseImage("3.0.9-1", day: 1);
    private readonly TestImage _new = BaseImage("3.0.11-1", day: 31);

    public void Dispose() => _world.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Patched => $"{App}-patched-{_new.Digest.ShortHex}";

    private async Task<Digest> PushAsync(TestImageBuilder? app = null)
    {
        await _world.Images.PushAsync(Base, _old);
        await _world.Images.PushAsync(Base, _new);
        return await _world.Images.PushAsync(App, (app ?? AppBuilder(_old).BasedOn(Base, _old.Digest)).Build());
    }

    [Fact]
    public async Task An_image_gets_the_new_base_s_layers_under_its_own()
    {
        await _world.ImportAdvisoriesAsync();
        var before = await PushAsync();

        var update = await _world.UpdateAsync();

        Assert.Equal((UpdateStatus.Updated, UpdateStrategy.Rebase), (update.Status, update.Strategy));
        Assert.Equal((App, before.ToString(), Patched), (update.Image, update.Digest, update.NewImage));
        var image = await _world.ReadAsync(update.NewImage);
        Assert.Equal(update.NewDigest, image.Digest.ToString());
        var platform = Assert.Single(image.Platforms);
        Assert.Equal([_new.Layers[0].DiffId, AppBuilder(_old).Build().Layers[1].DiffId], platform.Config.DiffIds);
        Assert.Equal([_new.Layers[0].Descriptor, AppBuilder(_old).Build().Layers[1].Descriptor], platform.Manifest.Layers);
        Assert.Equal(new DateTimeOffset(2024, 1, 31, 0, 0, 0, TimeSpan.Zero), platform.Config.Created);
        Assert.Equal((Base, _new.Digest.ToString()), (platform.Manifest.Annotations[NameKey], platform.Manifest.Annotations[DigestKey]));
        Assert.Equal(before, (await _world.ReadAsync(App)).Digest);

        // And so it is fresh.
        Assert.Equal(StaleStatus.Fresh, (await _world.Images.FindOneAsync(update.NewImage)).Status);
    }

    [Fact]
    public async Task Fixes_are_predicted_from_packages_and_proved_by_a_scan()
    {
        await _world.ImportAdvisoriesAsync();
        await PushAsync();
        UpdateFinding Finding(string id, string version) => new(id, "libssl3", version, "linux/amd64");

        var plan = await _world.PlanAsync();
        Assert.Equal([Finding(UpdateWorld.FixedCve, "3.0.9-1")], plan.Preview.Fixed);
        Assert.Equal([Finding(UpdateWorld.OpenCve, "3.0.9-1")], plan.Preview.Remaining);

        var update = await _world.UpdateAsync();
        Assert.Equal([Finding(UpdateWorld.FixedCve, "3.0.9-1")], update.Fixed);
        Assert.Equal([Finding(UpdateWorld.OpenCve, "3.0.11-1")], update.Remaining);
        Assert.Empty(update.Introduced);
        Assert.Empty(update.Reasons);
    }

    [Fact]
    public async Task Without_advisories_no_fix_is_claimed()
    {
        await PushAsync();

        var update = await _world.UpdateAsync();

        Assert.Equal(UpdateStatus.Updated, update.Status);
        Assert.Empty(update.Fixed);
        Assert.Contains(update.Reasons, r => r.Contains("no fix is claimed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_prediction_that_does_not_come_true_is_said()
    {
        await PushAsync();
        var updater = _world.Updater(new StubbornScanner());
        var plan = await updater.PlanAsync(UpdateTarget.From(ImageReference.Parse(App)), new BaseImageUpdateOptions(), _world.Images,
            Token);

        var update = await updater.ApplyAsync(plan, _world.Images, Token);

        Assert.Empty(update.Fixed);
        Assert.Contains(update.Reasons, r =>
            r.Contains("should fix CVE-1 in libssl3, but the scan still finds it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_plan_writes_nothing_and_says_the_digest_that_will_be()
    {
        await PushAsync();
        var files = Files();

        var plan = await _world.PlanAsync();

        Assert.Equal((UpdateStatus.Planned, Patched), (plan.Preview.Status, plan.Preview.NewImage));
        Assert.Equal(files, Files());
        Assert.Equal(plan.Preview.NewDigest, (await _world.UpdateAsync()).NewDigest);
    }

    [Fact]
    public async Task The_same_image_and_base_give_the_same_digest_on_any_day_and_a_repeat_sends_nothing()
    {
        await PushAsync();
        var first = await _world.UpdateAsync();
        Assert.True(first.BytesUploaded > 0);
        Assert.Equal(_new.Layers[0].Content.Length + AppBuilder(_old).Build().Layers[1].Content.Length, first.BytesReused);

        _world.Images.Clock.Advance(TimeSpan.FromDays(400));
        var files = Files();
        var second = await _world.UpdateAsync();

        Assert.Equal((UpdateStatus.Updated, first.NewDigest, 0L), (second.Status, second.NewDigest, second.BytesUploaded));
        Assert.Equal(files, Files());

        using var elsewhere = new UpdateWorld();
        await elsewhere.Images.PushAsync(Base, _old);
        await elsewhere.Images.PushAsync(Base, _new);
        await elsewhere.Images.PushAsync(App, AppBuilder(_old).BasedOn(Base, _old.Digest).Build());
        Assert.Equal(first.NewDigest, (await elsewhere.UpdateAsync()).NewDigest);
    }

    [Fact]
    public async Task An_image_on_the_current_base_is_passed_through()
    {
        await _world.Images.PushAsync(Base, _new);
        var digest = await _world.Images.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Digest).Build());

        var update = await _world.UpdateAsync();

        Assert.Equal((UpdateStatus.UpToDate, App, digest.ToString()), (update.Status, update.NewImage, update.NewDigest));
        Assert.NotEmpty(update.Reasons);
    }

    [Fact]
    public async Task A_patched_image_is_patched_again_under_one_mark()
    {
        await PushAsync();
        var first = await _world.UpdateAsync();
        var newest = BaseImage("3.0.13-1", day: 31);
        await _world.Images.PushAsync(Base, newest);

        var second = await _world.UpdateAsync(first.NewImage);

        Assert.Equal($"{App}-patched-{newest.Digest.ShortHex}", second.NewImage);
        Assert.Equal(UpdateStatus.Updated, second.Status);
    }

    [Fact]
    public async Task A_tag_may_be_named_and_one_that_names_something_else_is_refused_unless_asked()
    {
        var before = await PushAsync();

        var refused = await _world.UpdateAsync(App, new BaseImageUpdateOptions { Tag = "1.4" });
        Assert.Equal(UpdateStatus.Refused, refused.Status);
        Assert.Contains(before.ToString(), Assert.Single(refused.Rejected).Reason, StringComparison.Ordinal);
        Assert.Equal((string.Empty, string.Empty), (refused.NewImage, refused.NewDigest));
        Assert.Equal(before, (await _world.ReadAsync(App)).Digest);

        var overwritten = await _world.UpdateAsync(App, new BaseImageUpdateOptions { Tag = "1.4", Overwrite = true });
        Assert.Equal((UpdateStatus.Updated, App), (overwritten.Status, overwritten.NewImage));
        Assert.Equal(overwritten.NewDigest, (await _world.ReadAsync(App)).Digest.ToString());
    }

    [Fact]
    public async Task A_tag_that_appears_between_plan_and_apply_is_not_overwritten()
    {
        await PushAsync();
        var updater = _world.Updater();
        var plan = await updater.PlanAsync(UpdateTarget.From(ImageReference.Parse(App)), new BaseImageUpdateOptions(), _world.Images,
            Token);
        var other = await _world.Images.PushAsync(Patched, _new);

        var e = await Assert.ThrowsAsync<PatchException>(() => updater.ApplyAsync(plan, _world.Images, Token));

        Assert.Equal(PatchErrorCode.AlreadyExists, e.Code);
        Assert.Equal(other, (await _world.ReadAsync(Patched)).Digest);
    }

    [Fact]
    public async Task Layer_prefix_evidence_is_enough_and_the_new_image_says_its_base_from_then_on()
    {
        await PushAsync(AppBuilder(_old));

        var update = await _world.UpdateAsync(App, UpdateWorld.KnownBases(Base));

        Assert.Equal((UpdateStatus.Updated, BaseEvidence.LayerPrefix), (update.Status, update.Base.Method));
        Assert.Equal((StaleStatus.Fresh, BaseEvidence.Annotation), ((await _world.Images.FindOneAsync(update.NewImage)) is var f ? f.Status
            : default, f.Base.Method));
    }

    [Fact]
    public async Task A_stale_image_s_record_is_enough_to_update_it()
    {
        await PushAsync(AppBuilder(_old));
        var stale = await _world.Images.FindOneAsync(App, Base);
        await _world.Images.PushAsync(App, AppBuilder(_new).Build());
        var updater = _world.Updater();

        var plan = await updater.PlanAsync(UpdateTarget.From(stale), new BaseImageUpdateOptions(), _world.Images, Token);

        // What was judged is what is updated, even though the tag has gone on.
        Assert.Equal((UpdateStatus.Planned, stale.Digest), (plan.Preview.Status, plan.Preview.Digest));
        Assert.Equal(App, plan.Preview.Image);
    }

    [Fact]
    public async Task A_docker_image_on_an_oci_base_stays_a_docker_image_throughout()
    {
        var dockerOld = BaseBuilder("3.0.9-1").Docker().Build();
        await _world.Images.PushAsync(Base, dockerOld);
        await _world.Images.PushAsync(Base, _new);
        await _world.Images.PushAsync(App,
            AppBuilder(BaseBuilder("3.0.9-1").Docker().Build()).Docker().Label(NameKey, Base).Label(DigestKey,
            dockerOld.Digest.ToString()).Build());

        var update = await _world.UpdateAsync();

        var platform = Assert.Single((await _world.ReadAsync(update.NewImage)).Platforms);
        Assert.Equal((MediaTypes.DockerManifest, MediaTypes.DockerConfig),
            (platform.Manifest.MediaType, platform.Manifest.Config.MediaType));
        Assert.All(platform.Manifest.Layers, l => Assert.Equal(MediaTypes.DockerLayerGzip, l.MediaType));
        Assert.Empty(platform.Manifest.Annotations);
        Assert.Equal(_new.Digest.ToString(), platform.Config.Labels[DigestKey]);
    }

    [Fact]
    public async Task An_oci_image_on_a_docker_base_stays_an_oci_image_throughout()
    {
        await _world.Images.PushAsync(Base, _old);
        var dockerNew = BaseBuilder("3.0.11-1").Docker().Build();
        await _world.Images.PushAsync(Base, dockerNew);
        await _world.Images.PushAsync(App, AppBuilder(_old).BasedOn(Base, _old.Digest).Annotation("keep", "me").Build());

        var update = await _world.UpdateAsync();

        var platform = Assert.Single((await _world.ReadAsync(update.NewImage)).Platforms);
        Assert.All(platform.Manifest.Layers, l => Assert.Equal(MediaTypes.OciLayerGzip, l.MediaType));
        Assert.Equal("me", platform.Manifest.Annotations["keep"]);
    }

    [Fact]
    public async Task What_the_base_inherited_moves_and_what_the_application_set_stays()
    {
        await _world.Images.PushAsync(Base, _old);
        await _world.Images.PushAsync(Base, BaseBuilder("3.0.11-1").Env("LANG", "C.UTF-8").User("nobody").WorkingDir("/base").Build());
        await _world.Images.PushAsync(App, AppBuilder(_old).Env("MINE", "1").WorkingDir("/srv").BasedOn(Base, _old.Digest).Build());

        var update = await _world.UpdateAsync();

        var config = UpdateWorld.Json((await _world.ReadAsync(update.NewImage)).Platforms[0].Config.Content)["config"]!;
        Assert.Equal(["PATH=/usr/bin:/bin", "LANG=C.UTF-8", "MINE=1"], config["Env"]!.AsArray().Select(e => e!.GetValue<string>()));
        Assert.Equal(("nobody", "/srv", "/srv/app"),
            (config["User"]!.GetValue<string>(), config["WorkingDir"]!.GetValue<string>(), config["Cmd"]![0]!.GetValue<string>()));
        Assert.Contains(update.Reasons, r => r.Contains("config.WorkingDir", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Layouts_are_rebased_on_layouts_and_no_folder_s_name_gets_into_the_image()
    {
        var (baseName, app) = ($"oci:{_world.Images.Folder}/bases:12", $"oci:{_world.Images.Folder}/apps:web");
        await _world.Images.PushAsync(baseName, _old);
        await _world.Images.PushAsync(baseName, _new);
        await _world.Images.PushAsync(app, AppBuilder(_old).Build());

        var update = await _world.UpdateAsync(app, UpdateWorld.KnownBases(baseName));

        Assert.Equal((UpdateStatus.Updated, $"{app}-patched-{_new.Digest.ShortHex}"), (update.Status, update.NewImage));
        Assert.Empty((await _world.ReadAsync(update.NewImage)).Platforms[0].Manifest.Annotations);
        Assert.True(update.BytesReused > 0);
    }

    [Fact]
    public async Task Several_records_of_one_image_are_one_target()
    {
        await PushAsync();
        var stale = await _world.Images.FindOneAsync();
        var scan = new ImageScanResult { Image = stale.Image, Digest = stale.Digest, Platform = "linux/amd64",
            ManifestDigest = stale.Digest, Scanner = new ScannerInfo { Name = "x" } };

        var targets = UpdateTarget.Merge([UpdateTarget.From(scan), UpdateTarget.From(stale),
            UpdateTarget.From(scan with { Platform = "linux/arm64" })]);

        Assert.Equal((stale.Image, stale.Base), (Assert.Single(targets).Name, targets[0].Base));
    }

    [Fact]
    public async Task Each_run_s_decision_is_recorded_also_when_it_is_the_same_again()
    {
        await _world.ImportAdvisoriesAsync();
        await PushAsync();
        var update = await _world.UpdateAsync();
        await _world.UpdateAsync();
        await _world.UpdateAsync(App, new BaseImageUpdateOptions { Tag = "1.4" });
        await _world.UpdateAsync(App, new BaseImageUpdateOptions { Tag = "1.4" });

        var records = await _world.ReadHistoryAsync();

        Assert.Equal(["Updated", "Updated", "Refused", "Refused"], records.Select(r => r.Outcome));
        Assert.DoesNotContain("there already", records[0].Detail, StringComparison.Ordinal);
        Assert.Contains("there already", records[1].Detail, StringComparison.Ordinal);
        Assert.Equal((PatchRecordKind.Update, update.Image, update.Digest, update.NewDigest),
            (records[0].Kind, records[0].Image, records[0].OldDigest, records[0].NewDigest));
        Assert.Equal([UpdateWorld.FixedCve], records[0].Findings);
    }

    [Theory]
    [InlineData(UpdateStrategy.PackagePatch)]
    [InlineData(UpdateStrategy.Dockerfile)]
    [InlineData(UpdateStrategy.Rebuild)]
    public async Task A_strategy_that_is_not_there_yet_says_so(UpdateStrategy strategy)
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.PlanAsync(App, new BaseImageUpdateOptions { Strategy = strategy }));
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
    }

    [Fact]
    public async Task An_archive_is_not_written_to()
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.PlanAsync("docker-archive:a.tar"));
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
    }

    private List<string> Files() =>
        [.. Directory.GetFiles(_world.Images.Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => $"{f} {File.GetLastWriteTimeUtc(f).Ticks}")];

    /// <summary>Finds the same in every image.</summary>
    private sealed class StubbornScanner : IImageScanner
    {
        public string Name => "Stubborn";

        public async IAsyncEnumerable<ImageScanResult> ScanAsync(
            ScanTarget target, IProgress<PatchNotice> notices,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            yield return new ImageScanResult
            {
                Image = target.Name,
                Digest = target.Image.Digest.ToString(),
                Platform = "linux/amd64",
                ManifestDigest = target.Image.Digest.ToString(),
                Scanner = new ScannerInfo { Name = Name },
                Findings = [new Finding { Id = "CVE-1", Package = "libssl3", Version = "3.0.9-1", Type = "deb", FixState = FixState.Fixed,
                    FixedVersion = "3.0.10-1" }],
            };
        }
    }
}
