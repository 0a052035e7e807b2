using System.Text.Json;
using PatchContainers.Platforms.Tests.Docker.Compose;
using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Platforms.Tests.Rollout.Kills;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>Two projects a run, which docker-compose starts; they share a network.</summary>
internal sealed class ComposeKillScene : EngineKillScene
{
    private const string Project = "com.docker.compose.project";

    private readonly EngineScene _scene;

    private ComposeKillScene(EngineScene scene) : base(scene) => _scene = scene;

    public static async Task<EngineKillScene> OpenAsync(EngineScene scene)
    {
        ComposeProgram.Require();
        await scene.NetworkAsync("shared");
        return new ComposeKillScene(scene);
    }

    /// <summary>
    /// In staging a service of two containers, which run whatever the image; in production one whose image tells whether it is well,
    /// and that waits for another.
    /// </summary>
    public override async Task CreateAsync(KillSpec spec)
    {
        await UpAsync(Staging, $$"""
              web: { image: "{{_scene.Images.Old}}", scale: 2, environment: [OWN=1], healthcheck: { disable: true } }
            """);
        await UpAsync(Production, $$"""
              db: { image: "{{_scene.Engine.Image}}", command: [sleep, infinity], stop_signal: SIGKILL }
              web:
                image: {{_scene.Images.Old}}   # pinned below
                restart: always
                depends_on: { db: { condition: service_started } }
            """);

        async Task UpAsync(string ring, string services)
        {
            var file = spec.ComposeFileOf(ring);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, $$"""
                version: "2.4"
                services:
                {{services}}
                networks: { default: { external: { name: {{_scene.Name("shared")}} } } }
                """, EngineScene.Token);
            await ComposeProgram.RunAsync(_scene.Engine, spec.ProjectOf(ring), file, "up", "-d");
        }
    }

    /// <summary>The files too.</summary>
    public override async Task<IReadOnlyList<string>> PlatformAsync(KillRun run, CancellationToken cancellationToken)
    {
        var containers = await base.PlatformAsync(run, cancellationToken);
        return [.. new[] { Staging, Production }.Select(ring => File.ReadAllText(run.Spec.ComposeFileOf(ring))),
            .. containers.Select(c => c.Replace(run.Spec.Folder, "FOLDER", StringComparison.Ordinal))];
    }

    /// <inheritdoc/>
    protected override bool IsOf(KillSpec spec, JsonElement listed) =>
        listed.Text("Labels", Project) is { } project && (project == spec.ProjectOf(Staging) || project == spec.ProjectOf(Production));
}
