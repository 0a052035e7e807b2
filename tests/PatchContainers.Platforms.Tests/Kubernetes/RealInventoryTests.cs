using System.Text.Json.Nodes;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.TestKit;
using Xunit;
using static PatchContainers.Platforms.Kubernetes.Client.KubernetesResource;

namespace PatchContainers.Platforms.Tests.Kubernetes;

/// <summary>The inventory of a real control plane, whose controllers make the pods.</summary>
public sealed class RealInventoryTests
{
    private const string DigestA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string DigestB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_kind_is_listed_once_with_what_its_pods_run()
    {
        await using var scratch = await ScratchNamespace.CreateAsync();
        var (client, space) = (scratch.Admin, scratch.Name);
        await CreateAsync(client, space, Deployments, ControlPlane.Deployment("web", "registry.example/shop/web:1.0@" + DigestA, 3));
        await CreateAsync(client, space, StatefulSets, Set("StatefulSet", "db", "registry.example/shop/db:2@" + DigestB));
        await CreateAsync(client, space, DaemonSets, Set("DaemonSet", "agent", "registry.example/shop/agent:3"));
        await CreateAsync(client, space, await client.CronJobsAsync(Token), JsonNode.Parse("""
            {"metadata": {"name": "night", "labels": {"app": "night"}}, "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec":
              {"restartPolicy": "Never", "containers": [{"name": "job", "image": "registry.example/shop/night:4"}]}}}}}}
            """)!);
        await CreateAsync(client, space, Jobs, JsonNode.Parse("""
            {"metadata": {"name": "once"}, "spec": {"template": {"spec":
              {"restartPolicy": "Never", "containers": [{"name": "job", "image": "registry.example/shop/once:5"}]}}}}
            """)!);
        await CreateAsync(client, space, Pods, JsonNode.Parse($$"""
            {"metadata": {"name": "bare", "labels": {"app": "bare"} }, "spec":
              {"initContainers": [{"name": "prepare", "image": "registry.example/shop/prepare:6@{{DigestA}}"}],
               "containers": [{"name": "main", "image": "registry.example/shop/bare:7@{{DigestB}}"}]} }
            """)!);
        await CreateAsync(client, space, ReplicaSets, JsonNode.Parse("""
            {"metadata": {"name": "alone"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "alone"}}, "template":
              {"metadata": {"labels": {"app": "alone"}}, "spec": {"containers": [{"name": "main", "image": "registry.example/shop/alone:8"}]}}}}
            """)!);
        await UntilRunningAsync(client, space, 8);

        var all = await ListAsync(new KubernetesInventoryOptions { Namespaces = [space] });
        Assert.Equal(
        [
            "Deployment/web#app", "StatefulSet/db#app", "DaemonSet/agent#app", "CronJob/night#job", "Job/once#job", "ReplicaSet/alone#main",
            "Pod/bare#prepare", "Pod/bare#main",
        ], all.Select(w => $"{w.Kind}/{w.Name}#{w.Container}"));
        var web = all[0];
        Assert.Equal($"kubernetes://admin@local/{space}/Deployment/web#app", web.Id);
        Assert.Equal(("Kubernetes", "admin@local", space, "registry.example/shop/web:1.0@" + DigestA),
            (web.Platform, web.Context, web.Namespace, web.Image));
        Assert.Equal([DigestA], web.RunningDigests);
        Assert.Equal("web", web.Labels["app"]);
        Assert.Equal([DigestB], all[1].RunningDigests);
        Assert.Single(all[2].RunningDigests);
        Assert.Empty(all[3].RunningDigests);
        Assert.Equal([DigestB], all[^1].RunningDigests);

        Assert.Equal(["bare", "bare"], (await ListAsync(new KubernetesInventoryOptions { Namespaces = [space], Selector = "app=bare" }))
            .Select(w => w.Name));
        Assert.Equal(["web", "db"], (await ListAsync(new KubernetesInventoryOptions { Namespaces = [space], Kinds = ["deployment", "StatefulSet"] }))
            .Select(w => w.Name));
    }

    [Fact]
    public async Task What_an_operator_made_is_listed_as_the_operators()
    {
        await using var scratch = await ScratchNamespace.CreateAsync();
        var (client, space) = (scratch.Admin, scratch.Name);
        var owner = await client.CreateAsync(ConfigMaps, space, JsonNode.Parse("""{"metadata": {"name": "shop"}}""")!, "test", false, Token);
        var owners = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["name"] = "shop", ["uid"] = owner.Text("metadata", "uid"), ["controller"] = true,
        });
        var deployment = ControlPlane.Deployment("web");
        deployment["metadata"]!["ownerReferences"] = owners.DeepClone();
        await CreateAsync(client, space, Deployments, deployment);
        var set = JsonNode.Parse("""
            {"metadata": {"name": "worker"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "worker"}}, "template":
              {"metadata": {"labels": {"app": "worker"}}, "spec": {"containers": [{"name": "main", "image": "registry.example/shop/worker:8"}]}}}}
            """)!;
        set["metadata"]!["ownerReferences"] = owners.DeepClone();
        await CreateAsync(client, space, ReplicaSets, set);
        await UntilRunningAsync(client, space, 2);
        var all = await ListAsync(new KubernetesInventoryOptions { Namespaces = [space] });
        Assert.Equal(["ConfigMap/shop#app", "ConfigMap/shop#main"], all.Select(w => $"{w.Kind}/{w.Name}#{w.Container}"));
        Assert.All(all, w => Assert.Single(w.RunningDigests));
    }

    [Fact]
    public async Task What_may_not_be_listed_is_told_with_the_missing_right_and_the_rest_is_listed()
    {
        await using var scratch = await ScratchNamespace.CreateAsync();
        var notices = new NoticeList();
        var config = KubeConfig.Read([ControlPlane.Kubeconfig("limited")]);
        await foreach (var workload in new KubernetesWorkloadSource(config, new KubernetesInventoryOptions { Namespaces = ["demo"] })
            .ListAsync(notices, Token))
        {
            Assert.Equal("Deployment", workload.Kind);
        }

        Assert.Contains(notices.Failures, e => e.Code == PatchErrorCode.Forbidden
            && e.Message.Contains("needs to list statefulsets in namespace demo", StringComparison.Ordinal));
        Assert.DoesNotContain(notices.Failures, e => e.Message.Contains("list deployments", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_secrets_of_pods_and_service_accounts_are_found()
    {
        await using var scratch = await ScratchNamespace.CreateAsync();
        var (client, space) = (scratch.Admin, scratch.Name);
        await SecretAsync(client, space, "mine", "kubernetes.io/dockerconfigjson", ".dockerconfigjson",
            """{"auths":{"one.example":{"username":"a","password":"b"}}}""");
        await SecretAsync(client, space, "old", "kubernetes.io/dockercfg", ".dockercfg", """{"two.example":{"auth":"YTpi"}}""");
        var deployment = ControlPlane.Deployment("web", replicas: 0);
        deployment["spec"]!["template"]!["spec"]!["imagePullSecrets"] = new JsonArray(
            new JsonObject { ["name"] = "mine" }, new JsonObject { ["name"] = "away" });
        await CreateAsync(client, space, Deployments, deployment);
        await CreateAsync(client, space, ServiceAccounts, JsonNode.Parse("""{"metadata": {"name": "puller"}, "imagePullSecrets": [{"name": "old"}]}""")!);
        var other = ControlPlane.Deployment("other", replicas: 0);
        other["spec"]!["template"]!["spec"]!["serviceAccountName"] = "puller";
        await CreateAsync(client, space, Deployments, other);

        var secrets = new Stores.Registry.PullSecrets();
        await ListAsync(new KubernetesInventoryOptions { Namespaces = [space], PullSecrets = secrets });
        Assert.Equal(["one.example", "two.example"], secrets.Registries.Order());
    }

    private static JsonObject Set(string kind, string name, string image)
    {
        var set = ControlPlane.Deployment(name, image);
        set["kind"] = kind;
        if (kind == "StatefulSet")
        {
            set["spec"]!["serviceName"] = name;
        }
        else
        {
            ((JsonObject)set["spec"]!).Remove("replicas");
        }

        return set;
    }

    private static async Task CreateAsync(KubernetesClient client, string space, KubernetesResource resource, JsonNode content) =>
        await client.CreateAsync(resource, space, content, "test", false, Token);

    private static Task SecretAsync(KubernetesClient client, string space, string name, string type, string key, string content) =>
        CreateAsync(client, space, Secrets, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name },
            ["type"] = type,
            ["stringData"] = new JsonObject { [key] = content },
        });

    // Watches the namespace until so many pods have run, as the fake nodes make them.
    private static async Task UntilRunningAsync(KubernetesClient client, string space, int count)
    {
        var running = new HashSet<string>();
        await foreach (var told in client.WatchAsync(Pods, space, null, null, null, Token))
        {
            if (told.Object.Items("status", "containerStatuses").Any(s => s.Text("imageID") is { Length: > 0 })
                && running.Add(told.Object.Text("metadata", "name")!) && running.Count == count)
            {
                return;
            }
        }
    }

    private static async Task<List<Workload>> ListAsync(KubernetesInventoryOptions options)
    {
        var notices = new NoticeList();
        var config = KubeConfig.Read([ControlPlane.Kubeconfig("admin")]);
        var workloads = new List<Workload>();
        await foreach (var workload in new KubernetesWorkloadSource(config, options).ListAsync(notices, Token))
        {
            workloads.Add(workload);
        }

        Assert.Empty(notices.Failures);
        return workloads;
    }
}
