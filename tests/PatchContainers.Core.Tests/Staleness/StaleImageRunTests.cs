using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Staleness;
using PatchContainers.TestKit.Images;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Staleness;

/// <summary>A run over many images: repositories, workloads, what cannot be read, and its end before its time.</summary>
public sealed class StaleImageRunTests : IDisposable
{
    private readonly ImageWorld _world = new();

    private readonly TestImage _old = BaseImage("3.0.9-1", day: 1);
    private readonly TestImage _new = BaseImage("3.0.11-1", day: 31);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_image_that_cannot_be_read_is_a_failure_and_the_rest_goes_on()
    {
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Digest).Build());

        var found = await _world.FindAsync(new StaleImageOptions
        {
            Images = [ImageReference.Parse("registry.example/shop/gone:1"), ImageReference.Parse(App)],
            IncludeFresh = true,
        });

        Assert.Equal(App, Assert.Single(found).Image);
        Assert.Equal(PatchErrorCode.NotFound, Assert.Single(_world.Failures).Code);
    }

    [Fact]
    public async Task Every_tag_of_every_repository_of_the_map_is_looked_at()
    {
        await _world.PushAsync(Base, _new);
        await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Digest).Build());
        await _world.PushAsync("registry.example/shop/web:1.5", AppBuilder(_new).Env("A", "B").BasedOn(Base, _new.Digest).Build());

        var found = await _world.FindAsync(new StaleImageOptions { AllRepositories = true, IncludeFresh = true });

        Assert.Equal([Base, App, "registry.example/shop/web:1.5"], found.Select(f => f.Image).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_no_image_in_a_repository_is_passed_over()
    {
        var app = await _world.PushAsync(App, AppBuilder(_new).Build());
        await _world.PushAsync($"registry.example/shop/web:sha256-{app.Hex}.sig", AppBuilder(_old).Build());
        var content = """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"""u8.ToArray();
        await _world.Store.WriteManifestAsync(ImageReference.Parse("registry.example/shop/web:none"), MediaTypes.OciIndex, content,
            TestContext.Current.CancellationToken);

        var found = await _world.FindAsync(new StaleImageOptions { AllRepositories = true, IncludeFresh = true });

        Assert.Equal(App, Assert.Single(found).Image);
        Assert.Empty(_world.Failures);
        Assert.Contains("shop/web:none", Assert.Single(_world.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workloads_of_one_image_come_as_one_result_that_carries_them_all()
    {
        await _world.PushAsync(Base, _new);
        var old = await _world.PushAsync(App, AppBuilder(_old).Build());
        await _world.PushAsync(App, AppBuilder(_new).BasedOn(Base, _new.Digest).Build());
        Workload[] workloads =
        [
            new() { Id = "manifest:///a.yaml/shop/Deployment/web#app", Platform = "Manifest", Name = "web", Image = App },
            new() { Id = "manifest:///b.yaml/shop/Deployment/bad#app", Platform = "Manifest", Name = "bad", Image = "NOT A NAME" },
            new() { Id = "compose:///c.yaml/web", Platform = "Compose", Name = "web", Image = $"docker://{App}",
                RunningDigests = [old.ToString()] },
        ];

        var stale = Assert.Single(await _world.FindAsync(new StaleImageOptions { Workloads = [new Workloads(workloads)] }));

        Assert.Equal([workloads[0].Id, workloads[2].Id], stale.Workloads.Select(w => w.Id));
        Assert.Equal([StaleReason.TagMoved], stale.Reasons);
        Assert.Contains("manifest:///b.yaml", Assert.Single(_world.Failures).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_search_ends()
    {
        await _world.PushAsync(App, AppBuilder(_new).Build());
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            var options = new StaleImageOptions { Images = [ImageReference.Parse(App)] };
            await foreach (var _ in new StaleImageFinder(_world.Store, _world.Clock).FindAsync(options, _world, cancel.Token))
            {
            }
        });
    }

    [Fact]
    public async Task Whoever_stops_early_stops_what_runs_ahead()
    {
        await _world.PushAsync(Base, _new);
        for (var i = 0; i < 5; i++)
        {
            await _world.PushAsync($"registry.example/shop/web:{i}", AppBuilder(_new).Env("N", $"{i}").Build());
        }

        await foreach (var first in new StaleImageFinder(_world.Store, _world.Clock).FindAsync(
            new StaleImageOptions { AllRepositories = true, Concurrency = 2 }, _world, TestContext.Current.CancellationToken))
        {
            Assert.Equal(StaleStatus.Unknown, first.Status);
            break;
        }

        Assert.Empty(_world.Failures);
    }

    private sealed class Workloads(IReadOnlyList<Workload> workloads) : IWorkloadSource
    {
        public async IAsyncEnumerable<Workload> ListAsync(
            IProgress<PatchNotice> notices,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            foreach (var workload in workloads)
            {
                yield return workload;
            }
        }
    }
}
