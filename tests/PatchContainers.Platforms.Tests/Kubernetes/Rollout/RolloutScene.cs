using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Platforms.Tests.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>
/// A namespace with workloads in a real control plane, and an orchestrator. Words in the tags say how the pods behave: <c>bad</c> is never
/// pulled, <c>crash</c> ends again and again, <c>unready</c> never gets ready, <c>exit0</c> and <c>exit1</c> end.
/// </summary>
internal sealed class RolloutScene : IAsyncDisposable
{
    public const string Old = "registry.example/shop/web:1.0";

    private readonly ScratchNamespace _namespace;

    private RolloutScene(ScratchNamespace ns)
    {
        _namespace = ns;
        Orchestrator = new KubernetesOrchestrator(_ => Admin, TimeProvider.System);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public string Namespace => _namespace.Name;

    public KubernetesClient Admin => _namespace.Admin;

    public IOrchestrator Orchestrator { get; }

    public static async Task<RolloutScene> OpenAsync() => new(await ScratchNamespace.CreateAsync());

    public static async Task<RolloutScene> OpenAsync(KubernetesClient admin) => new(await ScratchNamespace.CreateAsync(admin));

    public static KubernetesResource Resource(string kind) => kind switch
    {
        "Deployment" => KubernetesResource.Deployments,
        "StatefulSet" => KubernetesResource.StatefulSets,
        "DaemonSet" => KubernetesResource.DaemonSets,
        "Job" => KubernetesResource.Jobs,
        "Pod" => KubernetesResource.Pods,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The image with a digest of its own.</summary>
    public static string Pinned(string tag) => $"registry.example/shop/web:{tag}@{DigestOf(tag)}";

    public static string DigestOf(string tag) => "sha256:" + Convert.ToHexString(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(tag))).ToLower(CultureInfo.InvariantCulture);

    /// <summary>Makes a workload, and waits until it runs.</summary>
    public async Task CreateAsync(string kind, string name, string spec = "", string image = Old, string metadata = "", string pod = "")
    {
        await MakeAsync(kind, name, spec, image, metadata, pod);
        var change = Change(kind, name, image);
        var ready = await Orchestrator.AwaitAsync(change, AwaitedState.New, TimeSpan.FromMinutes(1), Token);
        Assert.Equal((ChangeStatus.Healthy, name), (ready.Status, name));
    }

    /// <summary>Makes a workload.</summary>
    public Task<JsonElement> MakeAsync(string kind, string name, string spec = "", string image = Old, string metadata = "", string pod = "",
        string podMetadata = "")
    {
        var template = $"template: {{metadata: {{{podMetadata}labels: {{app: {name}}}}}, spec: {{{pod}containers: [{{name: app, image: '{image}'}}]}}}}";
        var body = kind == "Pod" ? $"{{containers: [{{name: app, image: '{image}'}}]}}"
            : kind == "Job" ? $"{{template: {{spec: {{restartPolicy: Never, containers: [{{name: app, image: '{image}'}}]}}}}}}"
            : $"{{{spec}selector: {{matchLabels: {{app: {name}}}}}, {(kind == "StatefulSet" ? $"serviceName: {name}, " : string.Empty)}{template}}}";
        var workload = Objects.Parse($"{{metadata: {{{metadata}name: {name}}}, spec: {body}}}");
        return Admin.CreateAsync(Resource(kind), Namespace, JsonObject.Create(workload)!, "tests", false, Token);
    }

    public RolloutChange Change(string kind, string name, string to, RolloutChangeOptions? options = null, string from = Old,
        string container = "app") => new()
    {
        Workload = new KubernetesWorkloadId("test", Namespace, kind, name, container).ToString(),
        Platform = "Kubernetes",
        Ring = "staging",
        OldImage = from,
        NewImage = to,
        OldDigest = DigestOf(from),
        NewDigest = to.Contains('@', StringComparison.Ordinal) ? to[(to.IndexOf('@', StringComparison.Ordinal) + 1)..] : DigestOf(to),
        Options = options ?? new RolloutChangeOptions(),
    };

    /// <summary>Checks, prepares and applies, as a rollout does.</summary>
    public Task<RolloutChange> ApplyAsync(RolloutChange change) => Orchestrator.BeginAsync(change, Token);

    public Task<RolloutChange> AwaitAsync(RolloutChange change, AwaitedState state = AwaitedState.New, int seconds = 60) =>
        Orchestrator.AwaitAsync(change, state, TimeSpan.FromSeconds(seconds), Token);

    public Task<JsonElement> GetAsync(string kind, string name) => Admin.GetAsync(Resource(kind), Namespace, name, Token);

    /// <summary>The images of the pods that are not on their way out, in the order of the pods' names.</summary>
    public async Task<IReadOnlyList<string>> ImagesAsync(string name)
    {
        var pods = new List<JsonElement>();
        await foreach (var pod in Admin.ListAsync(KubernetesResource.Pods, Namespace, $"app={name}", null, Token))
        {
            pods.Add(pod);
        }

        return [.. pods.Where(pod => !pod.IsBeingDeleted()).OrderBy(pod => pod.Word("metadata", "name"), StringComparer.Ordinal)
            .Select(pod => pod.ImageOfPod("app")!)];
    }

    public Task PatchAsync(string kind, string name, string patch) => Admin.PatchAsync(Resource(kind), Namespace, name,
        JsonObject.Create(Objects.Parse(patch))!, PatchKind.Merge, "somebody", false, Token);

    /// <summary>A client as an account that may do only this: <c>apps/deployments: get, patch</c>, one rule an entry.</summary>
    public async Task<KubernetesClient> AccountAsync(params string[] rules)
    {
        var name = $"account-{Guid.NewGuid():N}"[..16];
        var role = string.Join(", ", rules.Select(rule => rule.Split(": ") is [var what, var verbs] && what.Split('/') is [var group, var plural]
            ? $"{{apiGroups: ['{group}'], resources: [{plural}], verbs: [{verbs}]}}" : throw new ArgumentException(rule, nameof(rules))));
        var rbac = new KubernetesResource("rbac.authorization.k8s.io", "v1", "roles", "Role");
        await Admin.CreateAsync(rbac, Namespace, JsonObject.Create(Objects.Parse($"{{metadata: {{name: {name}}}, rules: [{role}]}}"))!,
            "tests", false, Token);
        await Admin.CreateAsync(rbac with { Plural = "rolebindings", Kind = "RoleBinding" }, Namespace, JsonObject.Create(Objects.Parse(
            $"{{metadata: {{name: {name}}}, subjects: [{{kind: User, name: {name}, apiGroup: rbac.authorization.k8s.io}}], "
            + $"roleRef: {{kind: Role, name: {name}, apiGroup: rbac.authorization.k8s.io}}}}"))!, "tests", false, Token);
        var admin = Admin.Context;
        var client = new KubernetesClient(admin with
        {
            User = new KubeUser
            {
                Name = name,
                File = admin.User.File,
                ClientCertificate = admin.User.ClientCertificate,
                ClientKey = admin.User.ClientKey,
                Impersonation = [new("Impersonate-User", name)],
            },
        });

        // The server takes a moment to know of a new role.
        foreach (var rule in rules)
        {
            var (what, verbs) = (rule.Split(": ")[0].Split('/'), rule.Split(": ")[1]);
            foreach (var verb in verbs.Split(", "))
            {
                while (!await client.CanAsync(verb, new KubernetesResource(what[0], "v1", what[1], what[1]), Namespace, Token))
                {
                    await Task.Yield();
                }
            }
        }

        return client;
    }

    public ValueTask DisposeAsync() => _namespace.DisposeAsync();
}
