using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PatchContainers.History;
using PatchContainers.Platforms.Kubernetes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Kills;

/// <summary>Two namespaces with the workloads of some runs.</summary>
internal sealed class KillScene : IAsyncDisposable
{
    private const int Nodes = 3;

    private readonly RolloutScene _staging;
    private readonly RolloutScene _production;
    private readonly List<(RolloutScene Scene, string Kind, string Name, string Image)> _workloads = [];

    private KillScene(RolloutScene staging, RolloutScene production) => (_staging, _production) = (staging, production);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public string Staging => _staging.Namespace;

    public string Production => _production.Namespace;

    public static async Task<KillScene> OpenAsync() => new(await RolloutScene.OpenAsync(), await RolloutScene.OpenAsync());

    /// <summary>
    /// Makes the workloads of a run: in staging a Deployment, whose pods get ready whatever the image, a StatefulSet and a CronJob; in
    /// production a Deployment, and a DaemonSet of one node.
    /// </summary>
    public async Task CreateAsync(KillSpec spec)
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

    /// <summary>Waits until all of them run.</summary>
    public async Task ReadyAsync()
    {
        foreach (var (scene, kind, name, image) in _workloads)
        {
            var ready = await scene.Orchestrator.AwaitAsync(scene.Change(kind, name, image), AwaitedState.New, TimeSpan.FromMinutes(3), Token);
            Assert.Equal((ChangeStatus.Healthy, name), (ready.Status, name));
        }
    }

    /// <summary>Everything that has to be the same, wherever the run was killed.</summary>
    public async Task<string> DescribeAsync(KillRun run, CancellationToken cancellationToken)
    {
        var rollout = (await run.FindAsync(cancellationToken))!;
        var history = await run.History.ReadAsync(new HistoryFilter(), cancellationToken).ToListAsync(cancellationToken);
        Assert.True((await run.History.VerifyAsync(HistoryHead.Parse(rollout.HistoryHead), cancellationToken)).IsIntact);
        Assert.Equal(history.Count, history.Select(r => r.Key).Distinct().Count());
        var quarantine = (await run.Quarantine.GetAsync(cancellationToken)).Where(q => q.Rollout == rollout.Id);
        string[] lines =
        [
            .. await ClusterAsync(run, cancellationToken),
            $"{rollout.Status}",
            .. rollout.Rings.Select(r => $"{r.Name} {r.Status} {string.Join(',', r.Gates.Select(g => g.Verdict))}"),
            .. rollout.Changes.Select(c => $"{c.Workload} {c.Status}"),
            .. rollout.Steps.Select(s => $"{s.Number} {s.Action} {s.Ring} {s.Target} {Outcome(s)}"),
            .. quarantine.Select(q => $"quarantined {q.Repository} {q.Ring}"),
            .. history.Where(r => r.Outcome != "Resumed").Select(r => $"{r.Kind} {Outcome(r, run)} {r.Image} {r.Workload}"),
            .. (await File.ReadAllLinesAsync(run.LogPath, cancellationToken)).Order(StringComparer.Ordinal),
        ];
        return Plain(run, string.Join('\n', lines));
    }

    /// <summary>The run's workloads as they stand: how often each was written, what it runs and how, what is noted on it.</summary>
    public async Task<IReadOnlyList<string>> ClusterAsync(KillRun run, CancellationToken cancellationToken)
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

        return [.. lines.Select(line => Plain(run, line))];
    }

    public async ValueTask DisposeAsync()
    {
        await _staging.DisposeAsync();
        await _production.DisposeAsync();
    }

    // What was put back before the kill, and is ready, need not be awaited any more.
    private static string Outcome(RolloutStep step) => step is { Action: "Revert", Outcome: "Applied" } ? "RolledBack" : step.Outcome;

    // The record of a put-back has the new image.
    private static string Outcome(PatchRecord record, KillRun run) => record is { Kind: PatchRecordKind.Change, Outcome: "Applied" }
        && record.Image.Contains(run.Spec.Name, StringComparison.Ordinal) ? "RolledBack" : record.Outcome;

    private static string Describe(string kind, JsonElement found)
    {
        var spec = JsonObject.Create(found.At("spec")!.Value)!;
        spec.Remove("selector");
        var notes = found.At("metadata", "annotations") is { } annotations ? annotations.ToString() : string.Empty;
        return $"{kind} {found.Text("metadata", "name")} {found.At("metadata", "generation")} {spec.ToJsonString()} {notes}";
    }

    private string Plain(KillRun run, string text) => Regex.Replace(text
        .Replace(run.Spec.Name, "RUN", StringComparison.Ordinal)
        .Replace(Staging, "STAGING", StringComparison.Ordinal)
        .Replace(Production, "PRODUCTION", StringComparison.Ordinal),
        "sha256:[0-9a-f]{64}|(?<=hostname\":\"node-)[0-9]|(?<=-trial-)[0-9a-f]{8}|(?<=as in version )[0-9]+|[0-9]{8}-[0-9]{6}-[0-9a-f]{4}", "HASH");
}
