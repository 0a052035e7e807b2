using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.TestKit.Kubernetes;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes;

public sealed class KubernetesWatchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watch_that_ends_goes_on_from_the_last_version_also_of_a_bookmark()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.Watches.Enqueue([Event("MODIFIED", "web", 12)]);
        cluster.Server.Watches.Enqueue([Event("BOOKMARK", "", 30)]);
        cluster.Server.Watches.Enqueue([Event("DELETED", "web", 31)]);
        using var client = cluster.Open();
        var events = await TakeAsync(client, "10", 3);
        Assert.Equal(["Modified web 12", "Bookmark  30", "Deleted web 31"], events);
        Assert.Equal(["10", "12", "30"], Versions(cluster));
    }

    [Fact]
    public async Task A_line_that_breaks_off_is_told_by_the_next_connection()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.Watches.Enqueue([Event("ADDED", "web", 12), Event("MODIFIED", "web", 13)[..40]]);
        cluster.Server.Watches.Enqueue([Event("MODIFIED", "web", 13)]);
        using var client = cluster.Open();
        Assert.Equal(["Added web 12", "Modified web 13"], await TakeAsync(client, "10", 2));
        Assert.Equal(["10", "12"], Versions(cluster));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_version_that_is_too_old_ends_the_watch(bool asEvent)
    {
        await using var cluster = await FakeCluster.StartAsync();
        if (asEvent)
        {
            cluster.Server.Watches.Enqueue([Event("ADDED", "web", 12),
                """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}""" + "\n"]);
        }
        else
        {
            cluster.Server.Watches.Enqueue([Event("ADDED", "web", 12)]);
            cluster.Server.Watches.Enqueue([]);
        }

        using var client = cluster.Open();
        var events = new List<KubernetesWatchEventType>();
        await foreach (var told in client.WatchAsync(KubernetesResource.Pods, "demo", null, null, "10", Token))
        {
            events.Add(told.Type);
            if (!asEvent)
            {
                cluster.Server.Faults.Enqueue(new KubernetesFault(410, "Expired", "too old resource version"));
            }
        }

        Assert.Equal([KubernetesWatchEventType.Added, KubernetesWatchEventType.Expired], events);
    }

    [Fact]
    public async Task Another_error_makes_a_new_connection_after_a_while()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.Watches.Enqueue(["""{"type":"ERROR","object":{"kind":"Status","code":500}}""" + "\n"]);
        cluster.Server.Watches.Enqueue([Event("ADDED", "web", 12)]);
        using var client = cluster.Open();
        Assert.Equal(["Added web 12"], await TakeAsync(client, "10", 1));
        Assert.NotEmpty(cluster.Clock.Waits);
    }

    [Fact]
    public async Task A_watch_whose_server_stays_away_ends_with_Unreachable()
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.Watches.Enqueue([Event("ADDED", "web", 12)]);
        cluster.Server.Watches.Enqueue([]);
        using var client = cluster.Open();
        var error = await Assert.ThrowsAsync<PatchException>(async () =>
        {
            await foreach (var told in client.WatchAsync(KubernetesResource.Pods, "demo", null, null, "10", Token))
            {
                Assert.Equal("12", told.ResourceVersion);
                await cluster.Server.DisposeAsync();
            }
        });
        Assert.Equal(PatchErrorCode.Unreachable, error.Code);
    }

    [Theory]
    [InlineData("{\"type\":\"ADDED\"}\n")]
    [InlineData("{\"type\":\"ADDED\",\"object\":{}}\n")]
    [InlineData("{\"type\":\"SURPRISE\",\"object\":{}}\n")]
    [InlineData("<html>\n")]
    public async Task What_is_no_event_is_a_ProtocolError(string line)
    {
        await using var cluster = await FakeCluster.StartAsync();
        cluster.Server.Watches.Enqueue([line]);
        using var client = cluster.Open();
        var error = await Assert.ThrowsAsync<PatchException>(() => TakeAsync(client, "10", 1));
        Assert.Equal(PatchErrorCode.ProtocolError, error.Code);
    }

    [Fact]
    public async Task A_long_line_is_read_whole()
    {
        await using var cluster = await FakeCluster.StartAsync();
        var name = new string('n', 300_000);
        cluster.Server.Watches.Enqueue([Event("ADDED", name, 12), Event("ADDED", "b", 13)]);
        using var client = cluster.Open();
        Assert.Equal([$"Added {name} 12", "Added b 13"], await TakeAsync(client, "10", 2));
    }

    private static string Event(string type, string name, int version) =>
        $$"""{"type":"{{type}}","object":{"metadata":{"name":"{{name}}","resourceVersion":"{{version}}"} } }""" + "\n";

    private static IEnumerable<string> Versions(FakeCluster cluster) =>
        cluster.Server.Requests.Select(r => r.Query[(r.Query.LastIndexOf('=') + 1)..]);

    private static async Task<List<string>> TakeAsync(KubernetesClient client, string version, int count)
    {
        var events = new List<string>();
        await foreach (var told in client.WatchAsync(KubernetesResource.Pods, "demo", null, null, version, Token))
        {
            events.Add($"{told.Type} {told.Object.Text("metadata", "name")} {told.ResourceVersion}");
            if (events.Count == count)
            {
                break;
            }
        }

        return events;
    }
}
