using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;
using PatchContainers.Rollout;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes;

/// <summary>
/// What the pods of a real control plane run, against a registry: one tag that stands for two images, in replicas, namespaces and contexts.
/// Two contexts name one cluster here, as two users.
/// </summary>
public sealed class RealDriftTests : IAsyncLifetime
{
    private const string Base = "registry.example/debian:12";
    private const string App = "registry.example/shop/web:1.4";

    private readonly TemporaryFolder _folder = new();
    private readonly ImageStoreRouter _images;
    private RolloutScene _staging = null!;
    private RolloutScene _production = null!;
    private string _old = string.Empty;
    private string _current = string.Empty;

    public RealDriftTests() => _images = new ImageStoreRouter(new ImageStoreOptions
    {
        RegistryMap = new Dictionary<string, string> { ["registry.example"] = $"oci:{_folder.Path}" },
    });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _staging = await RolloutScene.OpenAsync();
        _production = await RolloutScene.OpenAsync();
        var bottom = await new TestImageBuilder().Layer("base", l => l.AddFile("etc/base", "1")).Build().WriteAsync(_images, Base, Token);
        _old = await PushAsync("1");
        _current = await PushAsync("2");

        async Task<string> PushAsync(string content)
        {
            var image = new TestImageBuilder().Layer("app", l => l.AddFile("srv/app", content)).BasedOn(Base, bottom.Digest).Build();
            return $"{App}@{(await image.WriteAsync(_images, App, Token)).Digest}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_staging?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_production?.DisposeAsync() ?? ValueTask.CompletedTask);
        _images.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_tag_that_moved_since_is_told_and_one_image_everywhere_is_no_drift()
    {
        await _staging.CreateAsync("Deployment", "web", "replicas: 2, ", _old);
        await _production.CreateAsync("StatefulSet", "web", "replicas: 2, ", _old);
        Assert.Equal([StaleReason.TagMoved], Assert.Single(await FindAsync()).Reasons);

        await _staging.PatchAsync("Deployment", "web", Template(_current));
        await _production.PatchAsync("StatefulSet", "web", Template(_current));
        await ReadyAsync(_staging, "Deployment");
        await ReadyAsync(_production, "StatefulSet");
        var fresh = Assert.Single(await FindAsync());
        Assert.Equal((StaleStatus.Fresh, 0), (fresh.Status, fresh.Reasons.Count));
    }

    [Fact]
    public async Task Namespaces_that_run_two_images_of_a_tag_drift()
    {
        await _staging.CreateAsync("Deployment", "web", "replicas: 1, ", _current);
        await _production.CreateAsync("Deployment", "web", "replicas: 1, ", _old);
        AssertDrift(await FindAsync(), Admin);
    }

    [Fact]
    public async Task Contexts_whose_workloads_run_two_images_of_a_tag_drift()
    {
        await _staging.CreateAsync("Deployment", "web", "replicas: 1, ", _current);
        await _production.CreateAsync("Deployment", "web", "replicas: 1, ", _old);

        // Each context sees one of them.
        var found = await FindAsync(Source([Admin], _staging.Namespace), Source([Rsa], _production.Namespace));
        Assert.Equal(
            [
                $"kubernetes://{Rsa}/{_production.Namespace}/Deployment/web#app", $"kubernetes://{Admin}/{_staging.Namespace}/Deployment/web#app",
            ],
            found.SelectMany(f => f.Workloads).Select(w => Uri.UnescapeDataString(w.Id)).Order(StringComparer.Ordinal));
        AssertDrift(found, Admin, Rsa);

        // Each context sees both.
        AssertDrift(await FindAsync(Source([Admin, Rsa], _staging.Namespace, _production.Namespace)), Admin, Rsa);
    }

    [Fact]
    public async Task Replicas_that_run_two_images_of_a_tag_drift()
    {
        await _staging.CreateAsync("StatefulSet", "web",
            "replicas: 2, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}, ", _old);
        await _staging.PatchAsync("StatefulSet", "web", Template(_current));
        await ReadyAsync(_staging, "StatefulSet");
        Assert.Equal([_old, _current], await _staging.ImagesAsync("web"));
        var found = Assert.Single(await FindAsync());
        Assert.Equal([StaleReason.TagMoved, StaleReason.VersionDrift], found.Reasons);
        Assert.Contains(_old[(_old.IndexOf('@', StringComparison.Ordinal) + 1)..], found.Detail, StringComparison.Ordinal);
    }

    private static string Admin => "admin@local";

    private static string Rsa => "admin-rsa@local";

    private void AssertDrift(IReadOnlyList<StaleImage> found, params string[] contexts)
    {
        Assert.Equal([[StaleReason.VersionDrift], [StaleReason.TagMoved, StaleReason.VersionDrift]],
            found.OrderBy(f => f.Image == _current ? 0 : 1).Select(f => f.Reasons));
        Assert.All(found, f => Assert.Equal(StaleStatus.Stale, f.Status));
        Assert.Equal(contexts.Order(StringComparer.Ordinal), found.SelectMany(f => f.Workloads)
            .Select(w => w.Context).Distinct().Order(StringComparer.Ordinal));
    }

    private static string Template(string image) => $"{{spec: {{template: {{spec: {{containers: [{{name: app, image: '{image}'}}]}}}}}}}}";

    private static async Task ReadyAsync(RolloutScene scene, string kind)
    {
        var template = (await scene.GetAsync(kind, "web")).At("spec", "template")!.Value;
        var seen = await scene.AwaitAsync(scene.Change(kind, "web", template.ImageOfPod("app")!));
        Assert.Equal(ChangeStatus.Healthy, seen.Status);
    }

    private static KubernetesWorkloadSource Source(string[] contexts, params string[] namespaces) => new(
        KubeConfig.Read([ControlPlane.Kubeconfig("admin"), ControlPlane.Kubeconfig("admin-rsa")]),
        new KubernetesInventoryOptions { Contexts = contexts, Namespaces = namespaces });

    private Task<List<StaleImage>> FindAsync() => FindAsync(Source([Admin], _staging.Namespace, _production.Namespace));

    private async Task<List<StaleImage>> FindAsync(params IWorkloadSource[] sources)
    {
        var notices = new NoticeList();
        var found = new List<StaleImage>();
        await foreach (var image in new StaleImageFinder(_images, TimeProvider.System)
            .FindAsync(new StaleImageOptions { Workloads = sources, IncludeFresh = true }, notices, Token))
        {
            found.Add(image);
        }

        Assert.Empty(notices.Failures);
        return found;
    }
}
