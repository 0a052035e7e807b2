using System.Text.Json;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>What a container's owner set is there again on the new image, on a real engine.</summary>
public sealed class RecreateTests : IAsyncLifetime
{
    private EngineScene _scene = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scene = await EngineScene.OpenAsync();

    public ValueTask DisposeAsync() => _scene?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Everything_that_its_owner_set_is_carried_over_and_the_rest_is_the_new_images()
    {
        await _scene.NetworkAsync("front", "10.213.11.0/24");
        await _scene.NetworkAsync("back", "10.213.12.0/24");
        await _scene.VolumeAsync("named");
        await _scene.StartAsync("web", """
            {
              "Hostname": "shop", "Domainname": "example.org", "User": "0:0", "Tty": true, "OpenStdin": true, "StopTimeout": 3,
              "Env": ["OWN=1", "SHARED=owner", "EMPTY="],
              "Labels": {"owner": "me", "team": "other"},
              "ExposedPorts": {"7070/tcp": {}},
              "Volumes": {"/own": {}},
              "Healthcheck": {"Test": ["CMD", "true"], "Interval": 300000000, "Retries": 2},
              "MacAddress": "02:42:ac:11:00:42",
              "HostConfig": {
                "NetworkMode": "PREFIX-front",
                "Binds": ["/tmp:/host:ro", "PREFIX-named:/named"],
                "Mounts": [{"Type": "tmpfs", "Target": "/scratch", "TmpfsOptions": {"SizeBytes": 1048576}},
                           {"Type": "volume", "Target": "/mounted"}],
                "Tmpfs": {"/run/app": "rw,size=65536k"},
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 4},
                "CapAdd": ["NET_ADMIN"], "CapDrop": ["MKNOD"],
                "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "r"}],
                "Ulimits": [{"Name": "nofile", "Hard": 2048, "Soft": 1024}],
                "Sysctls": {"net.ipv4.ip_forward": "0"},
                "ExtraHosts": ["db:10.0.0.9"], "Dns": ["10.0.0.53"], "GroupAdd": ["7"], "ShmSize": 1048576,
                "Memory": 268435456, "ReadonlyRootfs": true, "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
                "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]},
                "SecurityOpt": ["no-new-privileges"], "Init": true
              },
              "NetworkingConfig": {"EndpointsConfig": {"PREFIX-front":
                {"Aliases": ["www"], "IPAMConfig": {"IPv4Address": "10.213.11.44"}}}}
            }
            """, start: false);
        await _scene.DockerAsync("network", "connect", "--ip", "10.213.12.45", "--alias", "api", "--alias", "rest", _scene.Name("back"),
            _scene.Name());
        await _scene.Client.Containers.StartAsync(_scene.Name(), Token);
        await _scene.ExecAsync("web", "for d in /own /named /mounted /var/lib/app; do echo here > $d/file; done");
        var old = await _scene.InspectAsync();

        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Good));
        Assert.True(System.Text.RegularExpressions.Regex.IsMatch(change.Detail, @"^No service for \d+\.\d s; healthy after \d+\.\d s\.$"), change.Detail);
        Assert.Equal((ChangeStatus.Healthy, true), (change.Status, change.Ran));
        var made = await _scene.InspectAsync();
        Assert.NotEqual(old.Id(), made.Id());
        Assert.Equal(_scene.Images.Good, made.ImageName());

        // What the owner set.
        Assert.Equal(["CapAdd", "CapDrop", "Devices", "Ulimits", "Sysctls", "ExtraHosts", "Dns", "GroupAdd", "ShmSize", "Memory", "Binds",
            "ReadonlyRootfs", "LogConfig", "PortBindings", "SecurityOpt", "Init", "Tmpfs", "RestartPolicy", "NetworkMode", "MaskedPaths"],
            EqualFields(old, made, "HostConfig"));
        Assert.Equal(["Hostname", "Domainname", "User", "Tty", "OpenStdin", "StopTimeout", "Healthcheck", "MacAddress"],
            EqualFields(old, made, "Config"));
        var environment = made.Items("Config", "Env").Select(e => e.GetString()!).Where(e => !e.StartsWith("PATH=", StringComparison.Ordinal));
        Assert.Equal(["COLOR=new", "EMPTY=", "EXTRA=more", "KEPT=same", "OWN=1", "SHARED=owner"], environment.Order(StringComparer.Ordinal));
        var labels = made.Texts("Config", "Labels");
        Assert.Equal(("2", "other", "me"), (labels["version"], labels["team"], labels["owner"]));
        Assert.Equal("/opt", made.Text("Config", "WorkingDir"));
        Assert.Equal(["7070/tcp", "9090/tcp"], Keys(made, "Config", "ExposedPorts").Where(p => p != "8080/tcp"));

        // A port stays published although the new image exposes another one.
        var published = made.At("NetworkSettings", "Ports", "8080/tcp")!.Value.EnumerateArray().Single();
        Assert.Equal("127.0.0.1", published.Text("HostIp"));

        // Volumes, with what is in them.
        var places = made.Items("Mounts").ToDictionary(m => m.Text("Destination")!, m => m.Text("Name") ?? m.Text("Source"));
        Assert.All(old.Items("Mounts"), m => Assert.Equal(m.Text("Name") ?? m.Text("Source"), places[m.Text("Destination")!]));
        Assert.Equal("here here here here", await _scene.ExecAsync("web", "echo $(cat /own/file /named/file /mounted/file /var/lib/app/file)"));

        // Networks.
        Assert.Equal("10.213.11.44", made.Text("NetworkSettings", "Networks", _scene.Name("front"), "IPAddress"));
        Assert.Equal("10.213.12.45", made.Text("NetworkSettings", "Networks", _scene.Name("back"), "IPAddress"));
        // Engines add the short id and the name of the host.
        Assert.Equal(["api", "rest", "shop"], made.Items("NetworkSettings", "Networks", _scene.Name("back"), "Aliases")
            .Select(a => a.GetString()!).Where(a => a != made.ShortId()).Order(StringComparer.Ordinal));

        // The old one waits, stopped, until the rollout has ended.
        Assert.Equal(2, (await _scene.NamesAsync()).Count);
        Assert.Equal("exited", (await _scene.Client.Containers.InspectAsync(old.Id(), Token)).Status());
        Assert.Equal(ChangeStatus.Healthy, (await _scene.Orchestrator.FinishAsync(change, Token)).Status);
        Assert.Equal(["web"], await _scene.NamesAsync());
        Assert.Equal("here", await _scene.ExecAsync("web", "cat /own/file"));

        // Undone after all: the container that stands there has everything that is needed.
        var back = await _scene.RevertAsync(change);
        Assert.Equal(ChangeStatus.Healthy, back.Status);
        var again = await _scene.InspectAsync();
        Assert.Equal(["web"], await _scene.NamesAsync());
        Assert.Equal(_scene.Images.Old, again.ImageName());
        Assert.Equal("old", await _scene.ExecAsync("web", "echo $COLOR"));
        Assert.Equal("here here here here", await _scene.ExecAsync("web", "echo $(cat /own/file /named/file /mounted/file /var/lib/app/file)"));
        Assert.Equal(old.At("HostConfig", "RestartPolicy")!.Value.GetRawText(), again.At("HostConfig", "RestartPolicy")!.Value.GetRawText());
        Assert.Equal("10.213.12.45", again.Text("NetworkSettings", "Networks", _scene.Name("back"), "IPAddress"));
    }

    [Theory]
    [InlineData("host")]
    [InlineData("none")]
    public async Task A_container_in_the_hosts_network_or_in_none_stays_there_forth_and_back(string mode)
    {
        var id = await _scene.StartAsync("web", $$"""{"StopTimeout": 0, "HostConfig": {"NetworkMode": "{{mode}}"} }""");
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Good));
        Assert.Equal((ChangeStatus.Healthy, _scene.Images.Good), (change.Status, (await _scene.InspectAsync()).ImageName()));
        await ExpectNetworkAsync(mode);

        Assert.Equal(ChangeStatus.Healthy, (await _scene.RevertAsync(change)).Status);
        Assert.Equal(id, (await _scene.InspectAsync()).Id());
        await ExpectNetworkAsync(mode);
    }

    private async Task ExpectNetworkAsync(string mode)
    {
        var container = await _scene.InspectAsync();
        Assert.True(container.IsRunning());
        Assert.Equal((mode, mode), (container.NetworkMode(), Assert.Single(Keys(container, "NetworkSettings", "Networks"))));
    }

    private static IEnumerable<string> Keys(JsonElement element, params string[] path) =>
        element.At(path)!.Value.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal);

    // The fields that are equal, of those that were asked about, in the order of the question.
    private static IEnumerable<string> EqualFields(JsonElement old, JsonElement made, string part) => (part == "Config"
        ? ["Hostname", "Domainname", "User", "Tty", "OpenStdin", "StopTimeout", "Healthcheck", "MacAddress"]
        : (string[])["CapAdd", "CapDrop", "Devices", "Ulimits", "Sysctls", "ExtraHosts", "Dns", "GroupAdd", "ShmSize", "Memory", "Binds",
            "ReadonlyRootfs", "LogConfig", "PortBindings", "SecurityOpt", "Init", "Tmpfs", "RestartPolicy", "NetworkMode", "MaskedPaths"])
        .Where(f => old.At(part, f)?.GetRawText() == made.At(part, f)?.GetRawText());
}
