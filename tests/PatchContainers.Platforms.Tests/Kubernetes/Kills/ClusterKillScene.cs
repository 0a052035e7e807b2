using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;
using PatchContainers.Platforms.Tests.Rollout.Kills;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Kills;

/// <summary>Two namespaces with the workloads of some runs.</summary>
internal sealed class ClusterKillScene : KillScene
{
    private const int Nodes = 3;

    private readonly RolloutScene _staging;
    private readonly RolloutScene _production;
    private readonly List<(RolloutScene Scene, string Kind, string Name, string Image)> _workloads = [];

    private ClusterKillScene(RolloutScene staging, RolloutScene production) => (_staging, _production) = (staging, production);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public override string Staging => _staging.Namespace;

    public override string Production => _production.Namespace;

    public static async Task<ClusterKillScene> OpenAsync() => new(await RolloutScene.OpenAsync(), await RolloutScene.OpenAsync());

    /// <summary>
    /// Makes the workloads of a run: in staging a Deployment, whose pods get ready whatever the image, a StatefulSet and a CronJob; in
    /// production a Deployment, and a DaemonSet of one node.
    /// </summary>
    public override async Task CreateAsync(KillSpec spec)
    {
        await MakeAsync(_staging, "StatefulSet", "db", "replicas: 2, ", KillRun.Web);
        await MakeAsync(_staging, "Deployment", "api", "replicas: 1, ", KillRun.Api, "annotations: {fakelet/mode: ok}, ");
        await _staging.Admin.CreateAsync(await _staging.Admin.CronJobsAsync(Token), Staging, JsonObject.Create(Objects.Parse(
            $"{{metadata: {{name: report-{spec.Name}, labels: {{run: {spec.Name}}}}}, spec: {{schedule: '0 0 1 1 *', jobTemplate: {{spec: "
            + $"{{template: {{spec: {{restartPolicy: Never, containers: [{{name: app, image: '{KillRun.Report}'}}]}}}}}}}}}}}}"))!,
            "tests", false, Token);
        await MakeAsync(_production, "Deployment", "api", "replicas: 1, ", KillRun.Api);
        await MakeAsync(_production, "DaemonSet", "agent", string.Empty, KillRun.Web,
            pod: $"nodeSelector: {{kubernetes.io/hostname: node-{(spec.Name[^1] % Nodes) + 1}}}, ");

        async Task MakeAsync(RolloutScene scene, string kind, string name, string replicas, string image, string podMetadata = "", string pod = "")
        {
            await scene.MakeAsync(kind, $"{name}-{spec.Name}", replicas, image, $"labels: {{run: {spec.Name}}}, ", pod, podMetadata);
            _workloads.Add((scene, kind, $"{name}-{spec.Name}", image));
        }
    }

    /// <inheritdoc/>
    public override async Task ReadyAsync()
    {
        foreach (var (scene, kind, name, image) in _workloads)
        {
            var ready = await scene.Orchestrator.AwaitAsync(scene.Change(kind, name, image), AwaitedState.New, TimeSpan.FromMinutes(3), Token);
            Assert.Equal((ChangeStatus.Healthy, name), (ready.Status, name));
        }
    }

    /// <summary>The run's workloads as they stand: how often each was written, what it runs and how, what is noted on it.</summary>
    public override async Task<IReadOnlyList<string>> PlatformAsync(KillRun run, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        foreach (var scene in (RolloutScene[])[_staging, _production])
        {
            foreach (var resource in (KubernetesResource[])[KubernetesResource.Deployments, KubernetesResource.StatefulSets,
                KubernetesResource.DaemonSets, await scene.Admin.CronJobsAsync(cancellationToken)])
            {
                await foreach (var found in scene.Admin.ListAsync(resource, scene.Namespace, run.Spec.Selector, null, cancellationToken))
                {
                    lines.Add(Describe(resource.Plural, found));
                }
            }
        }

        await foreach (var job in _staging.Admin.ListAsync(KubernetesResource.Jobs, Staging, $"patchcontainers/trial=report-{run.Spec.Name}", null, cancellationToken))
        {
            if (!job.IsBeingDeleted())
            {
                lines.Add($"job {job.Text("metadata", "name")}");
            }
        }

        return lines;
    }

    public override async ValueTask DisposeAsync()
    {
        await _staging.DisposeAsync();
        await _production.DisposeAsync();
    }

    private static string Describe(string kind, JsonElement found)
    {
        var spec = JsonObject.Create(found.At("spec")!.Value)!;
        spec.Remove("selector");
        var notes = found.At("metadata", "annotations") is { } annotations ? annotations.ToString() : string.Empty;
        return $"{kind} {found.Text("metadata", "name")} {found.At("metadata", "generation")} {spec.ToJsonString()} {notes}";
    }
}
