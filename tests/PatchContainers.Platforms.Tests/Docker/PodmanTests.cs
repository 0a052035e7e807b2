using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>How far a real Podman's API goes.</summary>
public sealed class PodmanTests : IAsyncLifetime
{
    private readonly string _name = $"t{Guid.NewGuid():N}"[..12];
    private RealEngine _engine = null!;
    private DockerClient? _client;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DockerEndpoint Endpoint => DockerEndpoint.Parse(_engine.PodmanHost, null, "The test", null);

    public async ValueTask InitializeAsync()
    {
        _engine = RealEngine.Require();
        _client = new DockerClient(Endpoint, new DockerClientOptions { Variable = _ => null });
        var id = await _client.Containers.CreateAsync(_name, new JsonObject
        {
            ["Image"] = _engine.Image,
            ["Cmd"] = new JsonArray("sleep", "600"),
            ["Labels"] = new JsonObject { ["test"] = _name },
            ["HostConfig"] = new JsonObject { ["NetworkMode"] = "none" },
        }, null, Token);
        await _client.Containers.StartAsync(id, Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.Containers.RemoveAsync(_name, true, true, CancellationToken.None);
            _client.Dispose();
        }
    }

    [Fact]
    public async Task Its_containers_are_listed_with_what_runs_and_what_changed()
    {
        var image = await _client!.Images.InspectAsync(_engine.Image, Token);
        var clean = await FindAsync();
        Assert.Equal(("Docker", "Container", _name, _engine.Image, _name), (clean.Platform, clean.Kind, clean.Name, clean.Image, clean.Labels["test"]));
        Assert.Contains(Assert.Single(clean.RunningDigests), image.Items("RepoDigests").Select(d => d.GetString()!.Split('@')[1]));
        Assert.Empty(clean.ChangedFiles);

        await _client.Containers.ExecAsync(_name, ["touch", "/etc/changed"], Token);
        Assert.Equal(["/etc/changed"], (await FindAsync()).ChangedFiles);
    }

    [Fact]
    public async Task Its_images_are_read()
    {
        using var store = new ImageStoreRouter(new ImageStoreOptions { Engine = () => new EngineStore(Endpoint) });
        var resolved = await new ImageResolver(store).ResolveAsync(ImageReference.Parse($"docker-daemon:{_engine.Image}"), Token);
        var inspected = await _client!.Images.InspectAsync(_engine.Image, Token);
        Assert.Equal(inspected.Items("RootFS", "Layers").Select(l => l.GetString()),
            Assert.Single(resolved.Platforms).Config.DiffIds.Select(d => d.ToString()));
    }

    [Fact]
    public async Task It_is_named_and_has_no_swarm()
    {
        var probed = await EngineProbe.ProbeAsync(DockerEndpointSearch.OfProcess, _engine.PodmanHost, TimeProvider.System, Token);
        Assert.Equal(("Podman", true), (probed.Name, probed.IsReachable));
        Assert.Matches("^version [0-9.]+, API 1[.][0-9]+, no swarm$", probed.Detail);
        var services = new SwarmWorkloadSource(Endpoint, new DockerInventoryOptions());
        var e = await Assert.ThrowsAsync<PatchException>(async () => await services.ListAsync(new NoticeList(), Token).ToListAsync(Token));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
    }

    [Fact]
    public async Task Nothing_is_recreated_from_what_it_tells()
    {
        var orchestrator = new DockerOrchestrator(_ => _client!, ContainerPace.Default, TimeProvider.System);
        var change = Assert.Single(await orchestrator.CheckAsync(
        [
            new RolloutChange
            {
                Workload = new DockerWorkloadId(DockerWorkloadId.Docker, _engine.PodmanHost, _name).ToString(),
                Platform = DockerWorkloadId.Docker,
                Ring = "staging",
                OldImage = _engine.Image,
                NewImage = $"{_engine.Image}@sha256:{new string('1', 64)}",
                NewDigest = $"sha256:{new string('1', 64)}",
            },
        ], Token));
        Assert.Equal(ChangeStatus.Refused, change.Status);
        Assert.Contains($"{_name} runs on Podman", change.Detail, StringComparison.Ordinal);
    }

    private async Task<Workload> FindAsync()
    {
        var source = new DockerWorkloadSource(Endpoint, new DockerInventoryOptions { Selector = $"test={_name}" });
        return Assert.Single(await source.ListAsync(new NoticeList(), Token).ToListAsync(Token));
    }
}
