using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Platforms.Tests.Rollout.Kills;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>Two containers a run, each with labels that say its run and its ring.</summary>
internal sealed class DockerKillScene : EngineKillScene
{
    private readonly EngineScene _scene;

    private DockerKillScene(EngineScene scene) : base(scene) => _scene = scene;

    public static async Task<EngineKillScene> OpenAsync(EngineScene scene)
    {
        await scene.NetworkAsync("back");
        return new DockerKillScene(scene);
    }

    /// <summary>
    /// In staging one that runs whatever the image, with commands of its owner, a volume without a name, a port and two networks; in
    /// production one whose image tells whether it is well.
    /// </summary>
    public override async Task CreateAsync(KillSpec spec)
    {
        var name = $"db-{spec.Name}";
        await _scene.StartAsync(name, $$$"""
            {"Labels": {"run": "{{{spec.Name}}}", "ring": "{{{Staging}}}", "patchcontainers.hooks.before": "echo before >> /own/log",
              "patchcontainers.hooks.after": "echo after >> /own/log"}, "Env": ["OWN=1"], "Volumes": {"/own": {}},
             "Healthcheck": {"Test": ["NONE"]},
             "HostConfig": {"RestartPolicy": {"Name": "always"}, "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]} } }
            """, start: false);
        await _scene.Client.Networks.ConnectAsync(_scene.Name("back"), _scene.Name(name),
            new JsonObject { ["Aliases"] = new JsonArray("db") }, EngineScene.Token);
        await _scene.Client.Containers.StartAsync(_scene.Name(name), EngineScene.Token);
        await _scene.StartAsync($"api-{spec.Name}", $$$"""
            {"Labels": {"run": "{{{spec.Name}}}", "ring": "{{{Production}}}"}, "HostConfig": {"RestartPolicy": {"Name": "always"} } }
            """);
    }

    /// <inheritdoc/>
    protected override bool IsOf(KillSpec spec, JsonElement listed) => listed.Text("Labels", "run") == spec.Name;
}
