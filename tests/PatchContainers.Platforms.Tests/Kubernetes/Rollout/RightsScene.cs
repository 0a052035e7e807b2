using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Kubernetes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Platforms.Kubernetes.Journal;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>
/// A namespace with a workload of each kind, one for the state store, and accounts with the rights that docs/rollout.md lists: the very
/// YAML, in these two namespaces.
/// </summary>
public sealed class RightsScene : IAsyncDisposable
{
    private const string Web = "registry.example/shop/web:1.0";
    private const string Report = "registry.example/shop/report:1.0";

    private readonly TemporaryFolder _folder = new();
    private RolloutScene _work = null!;
    private RolloutScene _state = null!;
    private Task? _made;
    private int _accounts;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Each right of the page: the Role's namespace there, then <c>apps/deployments: get</c>.</summary>
    public static IReadOnlyList<(string Namespace, string Right)> Documented { get; } =
        [
            .. Page().Where(o => o.Text("kind") == "Role")
                .SelectMany(role => RightsOf(role).Select(r => (role.Word("metadata", "namespace"), r))),
        ];

    internal RolloutScene Work => _work;

    internal RolloutScene State => _state;

    /// <summary>Makes it, once. By a test, and not with the class: what is skipped there counts as failed.</summary>
    internal Task OpenAsync() => _made ??= MakeAsync();

    public async ValueTask DisposeAsync()
    {
        await (_work?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_state?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    /// <summary>The namespace of these tests that stands for one of the page.</summary>
    internal string NamespaceOf(string page) => page == "shop-staging" ? _work.Namespace : _state.Namespace;

    /// <summary>A service account with the documented rights but these, and its token.</summary>
    internal async Task<KubeContext> AccountAsync(params (string Namespace, string Right)[] without)
    {
        var name = $"account-{++_accounts}";
        var allowed = new List<(string Namespace, string Right)>();
        foreach (var item in Page())
        {
            var text = item.ToString().Replace("patchcontainers", name, StringComparison.Ordinal)
                .Replace("shop-staging", _work.Namespace, StringComparison.Ordinal)
                .Replace("patch-state", _state.Namespace, StringComparison.Ordinal);
            var made = JsonObject.Create(Objects.Parse(text))!;
            if (item.Text("kind") == "Role")
            {
                var page = item.Word("metadata", "namespace");
                string[] rights = [.. RightsOf(item).Where(right => !without.Contains((page, right)))];
                allowed.AddRange(rights.Select(right => (NamespaceOf(page), right)));
                made["rules"] = new JsonArray([.. rights.Select(right => (JsonNode)RuleOf(right))]);
            }

            var kind = (string)made["kind"]!;
            var group = ((string)made["apiVersion"]!).Split('/') is [var g, _] ? g : string.Empty;
            await _work.Admin.CreateAsync(new KubernetesResource(group, "v1", kind.ToLowerInvariant() + "s", kind),
                (string)made["metadata"]!["namespace"]!, made, "tests", false, Token);
        }

        var admin = _work.Admin.Context;
        var context = admin with { User = new KubeUser { Name = name, File = admin.User.File, Token = await TokenAsync(name) } };

        // The server takes a moment to know of a new role.
        using var client = new KubernetesClient(context);
        foreach (var (ns, right) in allowed)
        {
            while (!await client.CanAsync(right.Split(": ")[1], ResourceOf(right), ns, Token))
            {
                await Task.Yield();
            }
        }

        return context;
    }

    /// <summary>Rollouts as an account, with the state store in the cluster.</summary>
    internal RightsRun Run(KubeContext account) => new(account, this, _folder[account.User.Name]);

    /// <summary>Everything that a rollout could have written.</summary>
    internal async Task<string> WrittenAsync()
    {
        var lines = new StringBuilder();
        KubernetesResource[] workloads = [KubernetesResource.Deployments, KubernetesResource.StatefulSets, KubernetesResource.DaemonSets,
            await _work.Admin.CronJobsAsync(Token), KubernetesResource.Jobs];
        foreach (var (scene, resource) in workloads.Select(r => (_work, r))
            .Concat([(_state, KubernetesResource.ConfigMaps), (_state, KubernetesResource.Leases)]))
        {
            await foreach (var item in scene.Admin.ListAsync(resource, scene.Namespace, null, null, Token))
            {
                lines.Append(null, $"{resource.Plural} {item.Text("metadata", "name")} {item.At("metadata", "generation")} "
                    + $"{item.At("metadata", "annotations")} {item.At("spec")}\n");
            }
        }

        return lines.ToString();
    }

    internal static KubernetesResource ResourceOf(string right) => right.Split(": ")[0].Split('/') is [var group, var plural]
        ? new KubernetesResource(group, "v1", plural, plural) : throw new ArgumentException(right, nameof(right));

    private static JsonObject RuleOf(string right) => new()
    {
        ["apiGroups"] = new JsonArray(ResourceOf(right).Group),
        ["resources"] = new JsonArray(ResourceOf(right).Plural),
        ["verbs"] = new JsonArray(right.Split(": ")[1]),
    };

    private static IEnumerable<string> RightsOf(JsonElement role) => role.Items("rules").SelectMany(rule =>
        rule.GetProperty("resources").EnumerateArray().SelectMany(resource => rule.GetProperty("verbs").EnumerateArray()
            .Select(verb => $"{rule.GetProperty("apiGroups")[0].GetString()}/{resource.GetString()}: {verb.GetString()}")));

    // The only YAML of the page that has Roles.
    private static IReadOnlyList<JsonElement> Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PatchContainers.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not lie below the solution.");
        }

        var yaml = File.ReadAllText(Path.Combine(folder.FullName, "docs", "rollout.md")).ReplaceLineEndings("\n").Split("```")
            .Single(block => block.StartsWith("yaml\n", StringComparison.Ordinal)
                && block.Contains("kind: RoleBinding", StringComparison.Ordinal));
        return [.. yaml[5..].Split("\n---\n").Select(Objects.Parse)];
    }

    private async Task<string> TokenAsync(string account)
    {
        while (true)
        {
            var found = await _work.Admin.GetAsync(KubernetesResource.ServiceAccounts, _state.Namespace, account, Token);
            if (found.Items("secrets").FirstOrDefault().Text("name") is { } name)
            {
                var secret = await _work.Admin.GetAsync(KubernetesResource.Secrets, _state.Namespace, name, Token);
                return Encoding.UTF8.GetString(Convert.FromBase64String(secret.Word("data", "token")));
            }

            await Task.Yield();
        }
    }

    /// <summary>Rollouts of one account.</summary>
    internal sealed class RightsRun : IDisposable
    {
        private readonly RightsScene _scene;
        private readonly KubernetesClient _client;
        private readonly HistoryFile _history;
        private readonly PatchContainers.Rollout.Journal.SharedState _shared;
        private readonly RolloutService _service;

        public RightsRun(KubeContext account, RightsScene scene, string folder)
        {
            _scene = scene;
            _client = new KubernetesClient(account);
            _history = new HistoryFile(new PatchState(folder).History, TimeProvider.System);
            _shared = KubernetesState.Open(new KubernetesClient(account), scene.State.Namespace, TimeProvider.System);
            _service = new RolloutService(_shared.Journal, new QuarantineStore(_shared.Quarantine, TimeProvider.System), _history,
                target => new KubernetesWorkloadSource(KubeConfig.Of(account), new KubernetesInventoryOptions
                {
                    Namespaces = target.Namespaces,
                    Kinds = RingTarget.ChangeableKinds,
                    PullSecrets = new PullSecrets(),
                }),
                [new KubernetesOrchestrator(_ => _client, TimeProvider.System)], _ => throw new NotSupportedException(), null,
                TimeProvider.System);
        }

        public Task<IReadOnlyList<QuarantinedDigest>> QuarantineAsync() => _service.ListQuarantineAsync(Token);

        public async Task<PatchRollout> StartAsync(string tag) => await _service.StartAsync(await PlanAsync(tag), new RolloutRunOptions(),
            new NoticeList(), Token);

        public Task<PatchRollout> UndoAsync(string id) => _service.UndoAsync(id, RollbackScope.Rollout, new NoticeList(), Token);

        public Task<RolloutPlan> PlanAsync(string tag) => _service.PlanAsync(new RolloutRequest
        {
            Plan = new PatchPlan
            {
                Name = "shop",
                Rings =
                [
                    new PatchRing
                    {
                        Name = "staging",
                        Targets = [new RingTarget { Namespaces = [_scene.Work.Namespace] }],
                        TrialJob = true,
                        Timeout = TimeSpan.FromMinutes(3),
                    },
                ],
            },
            Updates = [Update(Web, tag), Update(Report, "1.1-exit0")],
        }, new NoticeList(), Token);

        public void Dispose()
        {
            _client.Dispose();
            _history.Dispose();
            _shared.Dispose();
        }

        private static BaseImageUpdate Update(string image, string tag) => new()
        {
            Image = image,
            Digest = RolloutScene.DigestOf(image),
            NewImage = $"{image[..image.LastIndexOf(':')]}:{tag}",
            NewDigest = RolloutScene.DigestOf($"{image} {tag}"),
            Status = UpdateStatus.Updated,
        };
    }

    private async Task MakeAsync()
    {
        _work = await RolloutScene.OpenAsync();
        _state = await RolloutScene.OpenAsync();
        await _work.CreateAsync("Deployment", "web", "replicas: 1, ", Web);
        await _work.CreateAsync("StatefulSet", "db", "replicas: 2, ", Web);
        await _work.CreateAsync("DaemonSet", "agent", string.Empty, Web);
        await _work.Admin.CreateAsync(await _work.Admin.CronJobsAsync(Token), _work.Namespace, JsonObject.Create(Objects.Parse(
            "{metadata: {name: report}, spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, "
            + $"containers: [{{name: app, image: '{Report}'}}]}}}}}}}}}}}}"))!, "tests", false, Token);
    }
}
