using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Rollout;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>Images that are not well, and people who come in between, on a real engine.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private const string Always = """{"HostConfig": {"RestartPolicy": {"Name": "always"}}, "Volumes": {"/own": {}}}""";

    private EngineScene _scene = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scene = await EngineScene.OpenAsync();

    public ValueTask DisposeAsync() => _scene?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task An_unhealthy_image_is_put_back_and_the_old_container_runs_again()
    {
        var id = await _scene.StartAsync("web", Always);
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Unhealthy));
        Assert.Equal((ChangeStatus.Failed, true), (change.Status, change.Ran));
        Assert.Equal("its health check says unhealthy: no such table.", change.Detail);
        await ExpectOldAsync(id, change);
    }

    [Theory]
    [InlineData("always", @"^it crashes: the engine started it again \d+ times( \(exit code 3\))?\.$")]
    [InlineData("no", @"^it ended \(exit code 3\)\.$")]
    public async Task A_crashing_image_is_put_back(string policy, string detail)
    {
        var id = await _scene.StartAsync("web", Always.Replace("always", policy, StringComparison.Ordinal));
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Crashing));
        Assert.Equal((ChangeStatus.Failed, true), (change.Status, change.Ran));
        Assert.Matches(detail, change.Detail);
        await ExpectOldAsync(id, change, policy);
    }

    [Fact]
    public async Task An_image_whose_program_is_not_there_is_put_back_and_speaks_not_against_its_digest()
    {
        var id = await _scene.StartAsync("web", Always);
        var change = await _scene.PrepareAsync(_scene.Change(_scene.Images.NoProgram));
        var fault = await Assert.ThrowsAsync<PatchException>(() => _scene.Orchestrator.ApplyAsync(change, Token));
        Assert.Contains("/nothing", fault.Message, StringComparison.Ordinal);
        var seen = await _scene.Orchestrator.AwaitAsync(change, AwaitedState.New, TimeSpan.FromMinutes(1), Token);
        Assert.Equal((ChangeStatus.Failed, false), (seen.Status, seen.Ran));
        await ExpectOldAsync(id, change);
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_leaves_everything_as_it_was()
    {
        var id = await _scene.StartAsync("web", Always);
        var started = (await _scene.InspectAsync()).Text("State", "StartedAt");
        var change = await _scene.PrepareAsync(_scene.Change(_scene.Images.Missing));
        var applied = await _scene.Orchestrator.ApplyAsync(change, Token);
        Assert.Equal(ChangeStatus.Failed, applied.Status);
        Assert.Contains("pull image", applied.Detail, StringComparison.Ordinal);
        Assert.Equal(ChangeStatus.RolledBack, (await _scene.Orchestrator.RevertAsync(change, Token)).Status);
        var now = await _scene.InspectAsync();
        Assert.Equal((id, started), (now.Id(), now.Text("State", "StartedAt")));
        Assert.Equal(["web"], await _scene.NamesAsync());
    }

    [Fact]
    public async Task A_port_that_someone_took_meanwhile_is_named_and_the_old_container_is_back_as_soon_as_it_is_free()
    {
        var id = await _scene.StartAsync("web", """
            {"HostConfig": {"RestartPolicy": {"Name": "always"}, "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]} } }
            """);
        var port = int.Parse((await _scene.InspectAsync()).Items("NetworkSettings", "Ports", "8080/tcp").First().Text("HostPort")!,
            CultureInfo.InvariantCulture);
        await _scene.Client.Containers.RemoveAsync(id, true, false, Token);
        id = await _scene.StartAsync("web", $$"""
            {"HostConfig": {"RestartPolicy": {"Name": "always"},
             "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "{{port}}"}]} } }
            """);
        var change = await _scene.PrepareAsync(_scene.Change(_scene.Images.Good));
        using (var thief = new TcpListener(IPAddress.Loopback, port))
        {
            using var client = _scene.Engine.Open(inner => new AfterStop(inner, thief.Start));
            var orchestrator = EngineScene.Open(client);
            var fault = await Assert.ThrowsAsync<PatchException>(() => orchestrator.ApplyAsync(change, Token));
            Assert.Contains($"127.0.0.1:{port}", fault.Message, StringComparison.Ordinal);
            fault = await Assert.ThrowsAsync<PatchException>(() => orchestrator.RevertAsync(change, Token));
            Assert.Contains($"127.0.0.1:{port}", fault.Message, StringComparison.Ordinal);
        }

        await ExpectOldAsync(id, change);
    }

    [Fact]
    public async Task A_container_that_someone_recreated_meanwhile_is_left_alone()
    {
        var id = await _scene.StartAsync("web", Always);
        var change = await _scene.PrepareAsync(_scene.Change(_scene.Images.Good));
        await _scene.Client.Containers.RemoveAsync(id, true, false, Token);
        var theirs = await _scene.StartAsync("web", image: _scene.Images.Plain);

        var applied = await _scene.Orchestrator.ApplyAsync(change, Token);
        Assert.Equal(ChangeStatus.Failed, applied.Status);
        Assert.Contains("which someone else made", applied.Detail, StringComparison.Ordinal);
        Assert.Equal(ChangeStatus.LeftAlone, (await _scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(theirs, (await _scene.InspectAsync()).Id());
        Assert.Equal(["web"], await _scene.NamesAsync());
    }

    [Fact]
    public async Task What_someone_puts_into_the_place_afterwards_stays_and_the_old_container_too()
    {
        var id = await _scene.StartAsync("web", Always);
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Good));
        await _scene.Client.Containers.RemoveAsync(_scene.Name(), true, false, Token);
        var theirs = await _scene.StartAsync("web", image: _scene.Images.Plain);

        var seen = await _scene.Orchestrator.AwaitAsync(change, AwaitedState.New, TimeSpan.Zero, Token);
        Assert.Equal(ChangeStatus.LeftAlone, seen.Status);
        Assert.Equal(ChangeStatus.Failed, (await _scene.Orchestrator.FinishAsync(change, Token)).Status);
        var reverted = await _scene.Orchestrator.RevertAsync(change, Token);
        Assert.Equal(ChangeStatus.LeftAlone, reverted.Status);
        Assert.Contains("-patchcontainers-old-", reverted.Detail, StringComparison.Ordinal);
        Assert.Equal(theirs, (await _scene.InspectAsync()).Id());
        Assert.Equal("exited", (await _scene.Client.Containers.InspectAsync(id, Token)).Status());
    }

    [Fact]
    public async Task A_container_that_someone_put_back_by_hand_is_found_out_and_taken_as_it_is()
    {
        var id = await _scene.StartAsync("web", Always);
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Good));
        await _scene.Client.Containers.RemoveAsync(_scene.Name(), true, false, Token);
        await _scene.Client.Containers.RenameAsync(id, _scene.Name(), Token);
        await _scene.Client.Containers.StartAsync(id, Token);
        var seen = await _scene.Orchestrator.AwaitAsync(change, AwaitedState.New, TimeSpan.Zero, Token);
        Assert.Equal(ChangeStatus.LeftAlone, seen.Status);
        Assert.Contains("is the old container again", seen.Detail, StringComparison.Ordinal);
        await ExpectOldAsync(id, change, status: ChangeStatus.RolledBack);
    }

    [Fact]
    public async Task An_image_behind_a_password_is_pulled_with_its_login()
    {
        using var folder = new TemporaryFolder();
        var engine = _scene.Engine;
        var login = Convert.ToBase64String("tester:correct horse"u8);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "config.json"), new JsonObject
        {
            ["auths"] = new JsonObject { [engine.LockedRegistry] = new JsonObject { ["auth"] = login } },
        }.ToJsonString(), Token);
        var name = $"{engine.LockedRegistry}/containers/{_scene.Prefix}:1";
        var image = await EngineImages.MakeAsync(engine, name, $"""
            LABEL of={_scene.Prefix}
            CMD ["sleep", "600"]
            """, folder.Path);
        await _scene.DockerAsync("rmi", image, name);
        await _scene.StartAsync("web", """{"StopTimeout": 0}""");
        var change = await _scene.PrepareAsync(_scene.Change(image));

        var without = await _scene.Orchestrator.ApplyAsync(change, Token);
        Assert.Equal(ChangeStatus.Failed, without.Status);
        Assert.DoesNotContain("correct", without.Detail, StringComparison.Ordinal);
        change = change with { Login = r => r.Registry == engine.LockedRegistry ? new RegistryCredential("tester", "correct horse") : null };
        Assert.Equal(ChangeStatus.Applied, (await _scene.Orchestrator.ApplyAsync(change, Token)).Status);
        Assert.Equal(image, (await _scene.InspectAsync()).ImageName());
        Assert.DoesNotContain("correct", change.Before, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_success_an_old_image_whose_name_means_another_one_now_is_named_by_what_ran()
    {
        var name = $"{_scene.Engine.Registry}/containers/{_scene.Prefix}:1";
        var ran = await EngineImages.MakeAsync(_scene.Engine, name, $"LABEL of={_scene.Prefix}\nCMD [\"sleep\", \"600\"]");
        await _scene.StartAsync("web", """{"StopTimeout": 0}""", name);
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Plain, from: name));
        Assert.Equal(ChangeStatus.Healthy, change.Status);
        Assert.Equal(ChangeStatus.Healthy, (await _scene.Orchestrator.FinishAsync(change, Token)).Status);
        await _scene.DockerAsync("tag", _scene.Images.Old, name);

        var reverted = await _scene.Orchestrator.RevertAsync(change, Token);
        Assert.Equal(ChangeStatus.Applied, reverted.Status);
        Assert.Contains("was pinned to the digest that ran", reverted.Detail, StringComparison.Ordinal);
        Assert.Equal(ran, (await _scene.InspectAsync()).ImageName());
        Assert.Equal(ChangeStatus.Healthy, (await _scene.Orchestrator.AwaitAsync(reverted, AwaitedState.Old, TimeSpan.FromMinutes(1), Token)).Status);
        await _scene.Client.Containers.RemoveAsync(_scene.Name(), true, true, Token);
        await _scene.DockerAsync("rmi", name, ran);
    }

    private async Task ExpectOldAsync(string id, RolloutChange change, string policy = "always",
        ChangeStatus status = ChangeStatus.Healthy)
    {
        var back = await _scene.RevertAsync(change);
        Assert.Equal(status, back.Status);
        Assert.Equal(["web"], await _scene.NamesAsync());
        var now = await _scene.InspectAsync();
        Assert.Equal((id, true, policy), (now.Id(), now.IsRunning(), now.Text("HostConfig", "RestartPolicy", "Name")));

        // Once more, and nothing happens.
        var started = now.Text("State", "StartedAt");
        Assert.Equal(ChangeStatus.RolledBack, (await _scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(started, (await _scene.InspectAsync()).Text("State", "StartedAt"));
    }

    /// <summary>Does something right after a container was stopped.</summary>
    private sealed class AfterStop(HttpMessageHandler inner, Action act) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.RequestUri!.AbsolutePath.EndsWith("/stop", StringComparison.Ordinal))
            {
                act();
            }

            return response;
        }
    }
}
