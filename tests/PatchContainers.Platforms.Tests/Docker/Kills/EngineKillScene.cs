using System.Text.Json;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Platforms.Tests.Rollout.Kills;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>The containers of some runs, in one engine.</summary>
internal abstract class EngineKillScene(EngineScene scene) : KillScene
{
    private readonly HashSet<string> _first = new(StringComparer.Ordinal);

    public override string Staging => $"{scene.Prefix}-s";

    public override string Production => $"{scene.Prefix}-p";

    /// <inheritdoc/>
    public override async Task ReadyAsync()
    {
        var all = await scene.AllAsync();
        _first.UnionWith(all.Select(c => c.Id()));
        await Task.WhenAll(all.Select(async c =>
        {
            var name = scene.NameOf(c);
            var image = (await scene.InspectAsync(name)).ImageName();
            var ready = await scene.Orchestrator.AwaitAsync(
                scene.Change(image, name), AwaitedState.New, TimeSpan.FromMinutes(5), EngineScene.Token);
            Assert.True(ready.Status == ChangeStatus.Healthy, $"{name}: {ready.Status} {ready.Detail}");
        }));
    }

    /// <summary>All containers of a run as the engine describes them, kept ones too, and what their commands left behind.</summary>
    public override async Task<IReadOnlyList<string>> PlatformAsync(KillRun run, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        foreach (var listed in (await scene.AllAsync()).Where(c => IsOf(run.Spec, c)).OrderBy(c => scene.NameOf(c), StringComparer.Ordinal))
        {
            var container = await scene.Client.Containers.InspectAsync(listed.Id(), cancellationToken);
            lines.Add($"{(_first.Contains(container.Id()) ? "first" : "successor")} {ContainerPicture.Of(container)}");
            if (container.IsRunning() && container.Items("Mounts").Any(m => m.Text("Destination") == "/own"))
            {
                lines.Add(await scene.ExecAsync(scene.NameOf(listed), "echo $(sort -u /own/*)"));
            }
        }

        return lines;
    }

    public override ValueTask DisposeAsync() => scene.DisposeAsync();

    /// <summary>Whether a listed container belongs to a run.</summary>
    protected abstract bool IsOf(KillSpec spec, JsonElement listed);

    /// <inheritdoc/>
    protected override string WithoutOwn(string text) => text.Replace(scene.Prefix, "SCENE", StringComparison.Ordinal);
}
