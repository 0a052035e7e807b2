using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Staleness;
using PatchContainers.TestKit.Images;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Staleness;

/// <summary>What runs, in the three forms that engines report it in, against what the image's name says.</summary>
public sealed class RunningDigestTests : IDisposable
{
    private readonly ImageWorld _world = new();

    private readonly TestImage _base = BaseImage("3.0.11-1", day: 31);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_index_a_manifest_and_a_config_of_the_image_are_all_the_image_itself()
    {
        var (amd, arm) = await PushIndexAsync();
        var index = await _world.PushAsync(App, new TestIndex(amd, arm));

        var found = await FindAsync(Workload("a", index), Workload("b", amd.Digest), Workload("c", arm.Digest), Workload("d", amd.Config.Descriptor.Digest));

        Assert.Equal(StaleStatus.Fresh, found.Status);
    }

    [Fact]
    public async Task Another_image_of_the_repository_says_that_the_tag_moved()
    {
        var old = Build("1");
        await _world.PushAsync(App, old);
        await PushAsync(Build("2"));

        foreach (var running in new[] { old.Digest, old.Config.Descriptor.Digest })
        {
            var found = await FindAsync(Workload("a", running));
            Assert.Equal([StaleReason.TagMoved], found.Reasons);
            Assert.Contains(running.ToString(), found.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_index_made_anew_around_the_same_images_is_no_other_image()
    {
        var (amd, arm) = await PushIndexAsync();
        var first = await _world.PushAsync(App, new TestIndex(arm, amd));
        await _world.PushAsync(App, new TestIndex(amd, arm));

        Assert.Equal(StaleStatus.Fresh, (await FindAsync(Workload("a", first))).Status);
    }

    [Fact]
    public async Task A_digest_that_the_registry_does_not_know_is_Unknown_and_not_fresh()
    {
        await PushAsync(Build("1"));

        var found = await FindAsync(Workload("a", Digest.OfBytes("nowhere"u8)));

        Assert.Equal(StaleStatus.Unknown, found.Status);
        Assert.Empty(found.Reasons);
        Assert.Contains("which the registry does not know", found.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replicas_that_run_two_images_of_a_tag_drift()
    {
        var old = Build("1");
        await _world.PushAsync(App, old);
        var current = Build("2");
        await PushAsync(current);

        var found = await FindAsync(Workload("a", old.Digest, current.Digest));

        Assert.Equal([StaleReason.TagMoved, StaleReason.VersionDrift], found.Reasons);
    }

    [Fact]
    public async Task Environments_that_pin_two_images_of_a_tag_drift_and_those_that_run_one_do_not()
    {
        var (old, current) = (Build("1"), Build("2"));
        await _world.PushAsync(App, old);
        await PushAsync(current);
        var staging = Workload("staging", current.Digest) with { Image = $"{App}@{current.Digest}" };
        var production = Workload("production", old.Digest) with { Image = $"{App}@{old.Digest}" };

        var found = await AllAsync(staging, production);
        Assert.Equal([[StaleReason.VersionDrift], [StaleReason.TagMoved, StaleReason.VersionDrift]], found.Select(f => f.Reasons));

        found = await AllAsync(staging, staging with { Id = "other", Image = App });
        Assert.All(found, f => Assert.Equal(StaleStatus.Fresh, f.Status));
    }

    [Fact]
    public async Task Two_platforms_of_an_older_index_are_no_drift()
    {
        var (amd, arm) = await PushIndexAsync();
        await _world.PushAsync(App, new TestIndex(amd, arm));
        await PushAsync(Build("2"));

        var found = await FindAsync(Workload("a", amd.Digest), Workload("b", arm.Digest));

        Assert.Equal([StaleReason.TagMoved], found.Reasons);
    }

    private TestImage Build(string content, string platform = "linux/amd64") => new TestImageBuilder(platform)
        .Created(new DateTimeOffset(2024, 1, 10, 0, 0, 0, TimeSpan.Zero))
        .Layer("COPY app", l => l.AddFile("srv/app", content)).BasedOn(Base, _base.Digest).Build();

    private async Task<(TestImage Amd, TestImage Arm)> PushIndexAsync()
    {
        await _world.PushAsync(Base, _base);
        return (Build("1"), Build("1", "linux/arm64"));
    }

    private async Task PushAsync(TestImage image)
    {
        await _world.PushAsync(Base, _base);
        await _world.PushAsync(App, image);
    }

    private static Workload Workload(string name, params Digest[] running) => new()
    {
        Id = $"kubernetes://c/shop/Deployment/{name}#app",
        Platform = "Kubernetes",
        Name = name,
        Image = App,
        RunningDigests = running.Select(d => d.ToString()).ToArray(),
    };

    private async Task<StaleImage> FindAsync(params Workload[] workloads) => Assert.Single(await AllAsync(workloads));

    private Task<List<StaleImage>> AllAsync(params Workload[] workloads) =>
        _world.FindAsync(new StaleImageOptions { Workloads = [new ListedWorkloads(workloads)], IncludeFresh = true });
}
