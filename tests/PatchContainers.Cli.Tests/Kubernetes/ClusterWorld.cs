using System.Text.RegularExpressions;
using PatchContainers.Platforms.Tests.Kubernetes;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;
using PatchContainers.Records;
using PatchContainers.Rollout;
using PatchContainers.Updating;

namespace PatchContainers.Cli.Tests.Kubernetes;

/// <summary>
/// Two namespaces of a real control plane as two rings, and the executable in a folder of its own: its state, its plan, the updates. No
/// registry is there to be asked.
/// </summary>
internal sealed class ClusterWorld : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private ClusterWorld(RolloutScene staging, RolloutScene production)
    {
        (Staging, Production) = (staging, production);
        File.Copy(ControlPlane.Kubeconfig("admin"), Kubeconfig);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RolloutScene Staging { get; }

    public RolloutScene Production { get; }

    public string State => _folder["state"];

    public string Kubeconfig => _folder["kubeconfig"];

    /// <summary>Opens it with a Deployment in each ring.</summary>
    public static async Task<ClusterWorld> OpenAsync()
    {
        var world = new ClusterWorld(await RolloutScene.OpenAsync(), await RolloutScene.OpenAsync());
        await world.Staging.CreateAsync("Deployment", "web", "replicas: 2, ");
        await world.Production.CreateAsync("Deployment", "web", "replicas: 2, ");
        return world;
    }

    /// <summary>Writes the plan: these lines more for the rings, and for the plan.</summary>
    public void Plan(string staging = "", string production = "", string plan = "") => File.WriteAllText(_folder["plan.yaml"], $$"""
        name: {{Staging.Namespace}}
        {{plan}}
        rings:
          - name: staging
            targets: [{ kubernetes: { context: admin@local, namespaces: [{{Staging.Namespace}}] } }]
            timeout: 2m
            {{staging}}
          - name: production
            targets: [{ kubernetes: { context: admin@local, namespaces: [{{Production.Namespace}}] } }]
            timeout: 2m
            {{production}}
        """);

    /// <summary>Starts a rollout of this tag by the plan.</summary>
    public async Task<CliResult> StartAsync(string tag, string options = "")
    {
        await File.WriteAllTextAsync(_folder["updates.jsonl"], RecordJson.Write(new BaseImageUpdate
        {
            Image = RolloutScene.Old,
            Digest = RolloutScene.DigestOf("1.0"),
            NewImage = $"registry.example/shop/web:{tag}",
            NewDigest = RolloutScene.DigestOf(tag),
            Status = UpdateStatus.Updated,
        }) + "\n", Token);
        return await RunAsync($"rollout start --plan plan.yaml {options} < updates.jsonl");
    }

    /// <summary>Runs the executable with this command line.</summary>
    public Task<CliResult> RunAsync(string line) => CliProcess.ShellAsync(_folder.Path,
        $"export KUBECONFIG=$PWD/kubeconfig PATCHCONTAINERS_HOME=$PWD/state PATCHCONTAINERS_ACTOR=ops@shop; $cli {line}");

    /// <summary>What a rollout command wrote.</summary>
    public static PatchRollout Rollout(CliResult result) => Assert.Single(result.Records<PatchRollout>());

    /// <summary>The tags that a ring's pods run, each once.</summary>
    public static async Task<string[]> TagsAsync(RolloutScene scene) =>
        [.. (await scene.ImagesAsync("web")).Select(image => Regex.Match(image, ":([^@]+)(@|$)").Groups[1].Value).Distinct()];

    public async ValueTask DisposeAsync()
    {
        await Staging.DisposeAsync();
        await Production.DisposeAsync();
        _folder.Dispose();
    }
}
