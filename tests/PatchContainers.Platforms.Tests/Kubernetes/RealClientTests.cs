using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using Xunit;
using static PatchContainers.Platforms.Kubernetes.Client.KubernetesResource;

namespace PatchContainers.Platforms.Tests.Kubernetes;

/// <summary>The client against a real control plane.</summary>
public sealed class RealClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("admin", null, "an embedded certificate with a PKCS#8 key")]
    [InlineData("admin-rsa", null, "a PKCS#1 key")]
    [InlineData("admin-sec1", null, "a SEC1 key")]
    [InlineData("files", "cert", "files, some relative")]
    [InlineData("limited", null, "a token")]
    [InlineData("exec", null, "an exec plugin")]
    [InlineData("files", "token", "a token file")]
    public async Task Every_form_of_kubeconfig_logs_in(string name, string? context, string form)
    {
        using var client = ControlPlane.Open(name, context);
        Assert.True(await client.CanAsync("patch", Deployments, "demo", Token), form);
        await foreach (var item in client.ListAsync(Deployments, "demo", null, null, Token))
        {
            Assert.NotNull(item.Text("metadata", "uid"));
        }
    }

    [Fact]
    public async Task A_user_without_rights_is_told_which_is_missing()
    {
        using var client = ControlPlane.Open("dev");
        Assert.False(await client.CanAsync("get", Pods, "demo", Token));
        var error = await Assert.ThrowsAsync<PatchException>(() => client.GetAsync(Pods, "demo", "web-0", Token));
        Assert.Equal(PatchErrorCode.Forbidden, error.Code);
        Assert.Contains("needs to get pods in namespace demo", error.Message);
    }

    [Fact]
    public async Task A_limited_token_may_do_what_its_role_says_and_no_more()
    {
        using var client = ControlPlane.Open("limited");
        Assert.True(await client.CanAsync("patch", Deployments, "demo", Token));
        Assert.False(await client.CanAsync("patch", Deployments, "default", Token));
        Assert.False(await client.CanAsync("patch", StatefulSets, "demo", Token));
        Assert.False(await client.CanAsync("list", Deployments, null, Token));
        var error = await Assert.ThrowsAsync<PatchException>(() => client.PatchAsync(StatefulSets, "demo", "db", new JsonObject(), PatchKind.Merge,
            KubernetesClient.FieldManager, false, Token));
        Assert.Equal(PatchErrorCode.Forbidden, error.Code);
        Assert.Contains("needs to patch statefulsets in namespace demo", error.Message);
        error = await Assert.ThrowsAsync<PatchException>(async () => await client.ListAsync(Pods, null, null, null, Token).GetAsyncEnumerator(Token).MoveNextAsync());
        Assert.Contains("needs to list pods in all namespaces", error.Message);
    }

    [Fact]
    public async Task A_wrong_token_is_Unauthorized_and_not_shown()
    {
        using var folder = new TestKit.TemporaryFolder();
        var path = folder["config"];
        var text = await File.ReadAllTextAsync(ControlPlane.Kubeconfig("limited"), Token);
        await File.WriteAllTextAsync(path, text.Replace("token: ", "token: not-"), Token);
        using var client = new KubernetesClient(Platforms.Kubernetes.Config.KubeConfig.Read([path]).Context());
        var error = await Assert.ThrowsAsync<PatchException>(() => client.GetAsync(Deployments, "demo", "web", Token));
        Assert.Equal(PatchErrorCode.Unauthorized, error.Code);
        Assert.DoesNotContain("not-ey", error.ToString());
    }

    [Fact]
    public async Task Objects_are_created_read_patched_replaced_and_deleted()
    {
        await using var scratch = await ScratchNamespace.CreateAsync();
        var (client, space) = (scratch.Admin, scratch.Name);
        var made = await client.CreateAsync(Deployments, space, ControlPlane.Deployment("web"), KubernetesClient.FieldManager, false, Token);
        Assert.Equal(PatchErrorCode.AlreadyExists, (await Assert.ThrowsAsync<PatchException>(() => client.CreateAsync(Deployments, space,
            ControlPlane.Deployment("web"), KubernetesClient.FieldManager, false, Token))).Code);

        var patch = ImagePatch("registry.example/shop/web:1.0", "registry.example/shop/web:1.1");
        var tried = await client.PatchAsync(Deployments, space, "web", patch, PatchKind.Json, KubernetesClient.FieldManager, true, Token);
        Assert.Equal("registry.example/shop/web:1.1", Image(tried));
        Assert.Equal("registry.example/shop/web:1.0", Image(await client.GetAsync(Deployments, space, "web", Token)));

        await client.PatchAsync(Deployments, space, "web", patch, PatchKind.Json, KubernetesClient.FieldManager, false, Token);
        var read = await client.GetAsync(Deployments, space, "web", Token);
        Assert.Equal("registry.example/shop/web:1.1", Image(read));
        Assert.Contains(read.Items("metadata", "managedFields"), field => field.Text("manager") == KubernetesClient.FieldManager);

        // The test operation no longer holds: another writer was here, and it was us.
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => client.PatchAsync(Deployments, space, "web", patch,
            PatchKind.Json, KubernetesClient.FieldManager, false, Token))).Code);

        // A value that the API does not take is no conflict.
        var invalid = new JsonArray(Operation("replace", "/spec/replicas", -1));
        Assert.Equal(PatchErrorCode.InvalidData, (await Assert.ThrowsAsync<PatchException>(() => client.PatchAsync(Deployments, space, "web",
            invalid, PatchKind.Json, KubernetesClient.FieldManager, false, Token))).Code);

        var old = JsonNode.Parse(made.GetRawText())!;
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => client.ReplaceAsync(Deployments, space, "web",
            old, KubernetesClient.FieldManager, false, Token))).Code);
        ((JsonObject)old["metadata"]!).Remove("resourceVersion");
        Assert.Equal(PatchErrorCode.InvalidArgument, (await Assert.ThrowsAsync<PatchException>(() => client.ReplaceAsync(Deployments, space,
            "web", old, KubernetesClient.FieldManager, false, Token))).Code);

        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => client.DeleteAsync(Deployments, space, "web",
            "00000000-0000-0000-0000-000000000000", DeletePropagation.Background, false, Token))).Code);
        await client.DeleteAsync(Deployments, space, "web", read.Text("metadata", "uid"), DeletePropagation.Background, false, Token);
        Assert.Equal(PatchErrorCode.NotFound, (await Assert.ThrowsAsync<PatchException>(() => client.GetAsync(Deployments, space, "web",
            Token))).Code);
    }

    [Fact]
    public async Task A_quota_is_Forbidden_but_no_missing_right()
    {
        await using var scratch = await ScratchNamespace.CreateAsync();
        var quotas = new KubernetesResource("", "v1", "resourcequotas", "ResourceQuota");
        await scratch.Admin.CreateAsync(quotas, scratch.Name, JsonNode.Parse("""
            {"metadata": {"name": "none"}, "spec": {"hard": {"count/configmaps": "0"}}}
            """)!, KubernetesClient.FieldManager, false, Token);
        var map = JsonNode.Parse("""{"metadata": {"name": "one"}}""")!;

        // The quota counts once its controller has seen it.
        PatchException? error = null;
        for (var i = 0; error is null; i++)
        {
            ((JsonObject)map["metadata"]!)["name"] = $"map-{i}";
            try
            {
                await scratch.Admin.CreateAsync(ConfigMaps, scratch.Name, map, KubernetesClient.FieldManager, false, Token);
            }
            catch (PatchException e)
            {
                error = e;
            }
        }

        Assert.Equal(PatchErrorCode.Forbidden, error.Code);
        Assert.DoesNotContain("A right is missing", error.Message);
    }

    [Fact]
    public async Task A_list_in_pages_is_whole()
    {
        await using var scratch = await ScratchNamespace.CreateAsync(new KubernetesClientOptions { PageSize = 7 });
        for (var i = 0; i < 24; i++)
        {
            await scratch.Admin.CreateAsync(ConfigMaps, scratch.Name, new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = $"map-{i:00}", ["labels"] = new JsonObject { ["half"] = $"{i % 2}" } },
            }, KubernetesClient.FieldManager, false, Token);
        }

        var names = new List<string?>();
        await foreach (var map in scratch.Admin.ListAsync(ConfigMaps, scratch.Name, "half=1", null, Token))
        {
            names.Add(map.Text("metadata", "name"));
        }

        Assert.Equal(Enumerable.Range(0, 24).Where(i => i % 2 == 1).Select(i => $"map-{i:00}"), names);
        var pages = 0;
        await foreach (var page in scratch.Admin.ListPagesAsync(ConfigMaps, scratch.Name, null, null, Token))
        {
            pages++;
            Assert.NotEmpty(page.ResourceVersion);
        }

        Assert.Equal(4, pages);
    }

    [Fact]
    public async Task A_watch_tells_what_happens_from_a_version_on()
    {
        await using var scratch = await ScratchNamespace.CreateAsync();
        var (client, space) = (scratch.Admin, scratch.Name);
        var map = await client.CreateAsync(ConfigMaps, space, JsonNode.Parse("""{"metadata": {"name": "one"}}""")!, KubernetesClient.FieldManager,
            false, Token);
        var events = new List<string>();
        await client.PatchAsync(ConfigMaps, space, "one", JsonNode.Parse("""{"data": {"a": "b"}}""")!, PatchKind.Merge,
            KubernetesClient.FieldManager, false, Token);
        await foreach (var told in client.WatchAsync(ConfigMaps, space, null, "metadata.name=one", map.Text("metadata", "resourceVersion"), Token))
        {
            events.Add($"{told.Type} {told.Object.Text("metadata", "name")}");
            if (told.Type == KubernetesWatchEventType.Deleted)
            {
                break;
            }

            if (told.Type == KubernetesWatchEventType.Modified)
            {
                await client.DeleteAsync(ConfigMaps, space, "one", null, DeletePropagation.Background, false, Token);
            }
        }

        Assert.Equal(["Modified one", "Deleted one"], events);
    }

    [Fact]
    public async Task The_server_tells_its_version_and_which_CronJobs_it_has()
    {
        using var client = ControlPlane.Open();
        Assert.StartsWith("v1.", await client.VersionAsync(Token));
        var cronJobs = await client.CronJobsAsync(Token);
        await foreach (var job in client.ListAsync(cronJobs, null, null, null, Token))
        {
            Assert.NotNull(job.Text("metadata", "name"));
        }

        Assert.False(await client.IsServedAsync(new KubernetesResource("none.example", "v1", "nothings", "Nothing"), Token));
    }

    internal static JsonArray ImagePatch(string old, string next) => new(
        Operation("test", "/spec/template/spec/containers/0/image", old),
        Operation("replace", "/spec/template/spec/containers/0/image", next));

    private static JsonObject Operation(string op, string path, JsonNode value) => new() { ["op"] = op, ["path"] = path, ["value"] = value };

    private static string? Image(System.Text.Json.JsonElement deployment) =>
        deployment.Items("spec", "template", "spec", "containers").Single().Text("image");
}
