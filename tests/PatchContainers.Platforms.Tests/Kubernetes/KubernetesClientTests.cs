using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.TestKit.Kubernetes;
using Xunit;
using static PatchContainers.Platforms.Kubernetes.Client.KubernetesResource;

namespace PatchContainers.Platforms.Tests.Kubernetes;

/// <summary>What the client does when a server does what a healthy one does not.</summary>
public sealed class KubernetesClientTests
{
    private const string PodsPath = "api/v1/namespaces/demo/pods";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_whose_version_is_forgotten_begins_anew_and_gives_nothing_twice()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.SetList(PodsPath, Pods(10));
        cluster.Server.ForgottenLists = 2;
        using var client = cluster.Open(pageSize: 4);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"web-{i}"), await NamesAsync(client));

        cluster.Server.ForgottenLists = 1;
        var restarts = new List<bool>();
        await foreach (var page in client.ListPagesAsync(KubernetesResource.Pods, "demo", null, null, Token))
        {
            restarts.Add(page.IsRestart);
        }

        Assert.Equal([false, true, false, false], restarts);
    }

    [Fact]
    public async Task A_list_whose_version_is_forgotten_each_time_is_given_up()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.SetList(PodsPath, Pods(10));
        cluster.Server.ForgottenLists = 100;
        using var client = cluster.Open(pageSize: 4);
        var error = await Assert.ThrowsAsync<PatchException>(() => NamesAsync(client));
        Assert.Equal(PatchErrorCode.Unreachable, error.Code);
        Assert.Contains("410", error.Message);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(500)]
    [InlineData(0)]
    public async Task A_call_that_may_be_made_twice_is_tried_again(int status)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.SetList(PodsPath, Pods(1));
        cluster.Server.Faults.Enqueue(new KubernetesFault(status));
        cluster.Server.Faults.Enqueue(new KubernetesFault(status));
        using var client = cluster.Open();
        Assert.Equal(["web-0"], await NamesAsync(client));
        Assert.Equal(3, cluster.Server.Requests.Count);
        Assert.Equal(2, cluster.Clock.Waits.Count);
    }

    [Fact]
    public async Task Retry_After_is_heeded()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.SetList(PodsPath, Pods(1));
        cluster.Server.Faults.Enqueue(new KubernetesFault(429, RetryAfter: "7"));
        using var client = cluster.Open();
        await NamesAsync(client);
        Assert.Equal([TimeSpan.FromSeconds(7)], cluster.Clock.Waits);
    }

    [Fact]
    public async Task A_server_that_stays_away_is_Unreachable_within_a_bounded_time()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var client = cluster.Open();
        await cluster.Server.DisposeAsync();
        var error = await Assert.ThrowsAsync<PatchException>(() => client.GetAsync(KubernetesResource.Pods, "demo", "web", Token));
        Assert.Equal(PatchErrorCode.Unreachable, error.Code);
        Assert.InRange(cluster.Clock.Waits.Sum(wait => wait.TotalSeconds), 15, 30);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(503)]
    public async Task A_write_that_may_have_been_done_is_not_sent_again(int status)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.Faults.Enqueue(new KubernetesFault(status));
        using var client = cluster.Open();
        var error = await Assert.ThrowsAsync<PatchException>(() => client.PatchAsync(Deployments, "demo", "web", new JsonArray(), PatchKind.Json,
            "test", false, Token));
        Assert.Equal(PatchErrorCode.Unreachable, error.Code);
        Assert.Single(cluster.Server.Requests);
        Assert.Equal(status == 0, error.Message.Contains("Whether it was done is not known", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_that_the_server_had_no_time_for_is_sent_again()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.Faults.Enqueue(new KubernetesFault(429, RetryAfter: "1"));
        cluster.Server.Faults.Enqueue(new KubernetesFault(409, "Conflict", "it has been modified"));
        using var client = cluster.Open();
        var error = await Assert.ThrowsAsync<PatchException>(() => client.PatchAsync(Deployments, "demo", "web", new JsonArray(), PatchKind.Json,
            "test", false, Token));
        Assert.Equal(PatchErrorCode.Conflict, error.Code);
        Assert.Equal(2, cluster.Server.Requests.Count);
    }

    [Theory]
    [InlineData(400, "BadRequest", PatchErrorCode.InvalidData)]
    [InlineData(401, "Unauthorized", PatchErrorCode.Unauthorized)]
    [InlineData(403, "Forbidden", PatchErrorCode.Forbidden)]
    [InlineData(404, "NotFound", PatchErrorCode.NotFound)]
    [InlineData(409, "AlreadyExists", PatchErrorCode.AlreadyExists)]
    [InlineData(409, "Conflict", PatchErrorCode.Conflict)]
    [InlineData(418, "", PatchErrorCode.ProtocolError)]
    [InlineData(302, "", PatchErrorCode.ProtocolError)]
    public async Task A_status_has_its_code_and_no_message_shows_the_token(int status, string reason, PatchErrorCode code)
    {
        await using var cluster = await FakeCluster.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            cluster.Server.Faults.Enqueue(new KubernetesFault(status, reason, "you sent {authorization}"));
        }

        using var client = cluster.Open();
        var error = await Assert.ThrowsAsync<PatchException>(() => client.GetAsync(KubernetesResource.Pods, "demo", "web", Token));
        Assert.Equal(code, error.Code);
        Assert.Contains("you sent Bearer ***", error.Message);
    }

    [Fact]
    public async Task An_answer_that_is_no_JSON_is_a_ProtocolError()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.Faults.Enqueue(new KubernetesFault(200));
        using var client = cluster.Open();

        // A Status with HTTP 200 is an object, but no list.
        var error = await Assert.ThrowsAsync<PatchException>(() => NamesAsync(client));
        Assert.Equal(PatchErrorCode.ProtocolError, error.Code);
    }

    [Fact]
    public async Task A_token_file_is_read_again_when_the_server_refuses_what_it_held()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.SetList(PodsPath, Pods(1));
        cluster.File("token", "first\n");
        using var client = cluster.Open("tokenFile: token");
        await NamesAsync(client);
        cluster.File("token", "second\n");
        await NamesAsync(client);
        cluster.Server.Faults.Enqueue(new KubernetesFault(401));
        await NamesAsync(client);
        Assert.Equal(["Bearer first", "Bearer first", "Bearer first", "Bearer second"], cluster.Server.Requests.Select(r => r.Authorization));

        cluster.File("token", "third\n");
        cluster.Clock.Advance(TimeSpan.FromMinutes(2));
        await NamesAsync(client);
        Assert.Equal("Bearer third", cluster.Server.Requests[^1].Authorization);
    }

    [Fact]
    public async Task Basic_authentication_and_impersonation_are_sent()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.SetList(PodsPath, Pods(1));
        using var client = cluster.Open("username: ann, password: 'pass: word', as: bob, as-groups: [ops]");
        await NamesAsync(client);
        var request = cluster.Server.Requests.Single();
        Assert.Equal("Basic " + Convert.ToBase64String("ann:pass: word"u8), request.Authorization);
        Assert.Equal("bob", request.Headers["Impersonate-User"]);
        Assert.Equal("ops", request.Headers["Impersonate-Group"]);
    }

    [Fact]
    public async Task A_server_that_has_just_come_back_may_refuse_rights_for_a_while()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.SetList(PodsPath, Pods(1));
        cluster.Server.Faults.Enqueue(new KubernetesFault(0));
        cluster.Server.Faults.Enqueue(new KubernetesFault(403, "Forbidden", "User cannot list resource pods"));
        using var client = cluster.Open();
        Assert.Equal(["web-0"], await NamesAsync(client));
    }

    private static IEnumerable<JsonObject> Pods(int count) => Enumerable.Range(0, count).Select(i => new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = $"web-{i}", ["uid"] = $"uid-{i}" },
    });

    private static async Task<List<string?>> NamesAsync(KubernetesClient client)
    {
        var names = new List<string?>();
        await foreach (var pod in client.ListAsync(KubernetesResource.Pods, "demo", null, null, Token))
        {
            names.Add(pod.Text("metadata", "name"));
        }

        return names;
    }
}
