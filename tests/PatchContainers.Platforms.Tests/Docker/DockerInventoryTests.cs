using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Inventory;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker;

public sealed class DockerInventoryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier!=test,!old", true)]
    [InlineData("app!=web", false)]
    [InlineData("old", false)]
    [InlineData("empty=", true)]
    public void A_selector_takes_labels(string selector, bool takes) => Assert.Equal(takes, new LabelSelector(selector).Takes(
        new Dictionary<string, string> { ["app"] = "web", ["tier"] = "prod", ["empty"] = "" }));

    [Theory]
    [InlineData("a in (b)")]
    [InlineData("a,,b")]
    [InlineData("=x")]
    public void A_selector_of_another_form_is_refused(string selector) =>
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => new LabelSelector(selector)).Code);

    [Fact]
    public void Changes_are_told_without_folders_mounts_and_what_programs_write_anyway()
    {
        var changes = JsonDocument.Parse("""
            [{"Path":"/etc","Kind":0},{"Path":"/etc/app.conf","Kind":0},{"Path":"/var","Kind":0},{"Path":"/var/log","Kind":0},
             {"Path":"/var/log/app.log","Kind":1},{"Path":"/data","Kind":1},{"Path":"/srv","Kind":0},{"Path":"/srv/own","Kind":1},
             {"Path":"/tmpfile","Kind":1}]
            """).RootElement.EnumerateArray().ToArray();
        Assert.Equal(["/etc/app.conf", "/tmpfile"], ChangedFiles.Of(changes, ["/data"], ["/srv/own/"]));
    }

    [Theory]
    [InlineData("default", "web")]
    [InlineData("unix:///var/run/docker.sock", "stack_web")]
    [InlineData("tcp://10.0.0.1:2376", "a~b#c")]
    public void An_id_is_read_as_it_was_written(string host, string name)
    {
        foreach (var platform in new[] { DockerWorkloadId.Docker, DockerWorkloadId.Swarm })
        {
            var id = new DockerWorkloadId(platform, host, name);
            Assert.Equal(id, DockerWorkloadId.Parse(id.ToString()));
        }

        Assert.False(DockerWorkloadId.TryParse("docker://web", out _));
        Assert.False(DockerWorkloadId.TryParse("podman://default/web", out _));
    }

    [Fact]
    public async Task Containers_of_a_real_engine_are_listed_with_what_runs_and_what_changed()
    {
        var engine = RealEngine.Require();
        using var client = engine.Open();
        var label = $"inventory-{Guid.NewGuid():N}";
        var id = await client.Containers.CreateAsync(label, new JsonObject
        {
            ["Image"] = engine.Image,
            ["Cmd"] = new JsonArray("sleep", "60"),
            ["Labels"] = new JsonObject { ["test"] = label, ["com.docker.compose.project"] = "shop" },
            ["Volumes"] = new JsonObject { ["/data"] = new JsonObject() },
        }, null, Token);
        try
        {
            await client.Containers.StartAsync(id, Token);
            var clean = Assert.Single(await ListAsync(new DockerWorkloadSource(client.Endpoint, Options(label))));
            Assert.Empty(clean.ChangedFiles);
            await client.Containers.ExecAsync(id, ["touch", "/etc/changed", "/tmp/x", "/data/y"], Token);
            var changed = Assert.Single(await ListAsync(new DockerWorkloadSource(client.Endpoint, Options(label))));
            Assert.Equal(["/etc/changed"], changed.ChangedFiles);
            Assert.Equal(("Docker", "shop", "Container", label, engine.Image),
                (changed.Platform, changed.Namespace, changed.Kind, changed.Name, changed.Image));
            var image = await client.Images.InspectAsync(engine.Image, Token);
            var pulled = image.Items("RepoDigests").Select(d => d.GetString()!.Split('@')[1]);
            Assert.Contains(Assert.Single(changed.RunningDigests), pulled);
        }
        finally
        {
            await client.Containers.RemoveAsync(id, true, true, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Services_of_a_real_swarm_are_listed_by_mode_with_what_their_tasks_run()
    {
        var engine = RealEngine.Require();
        using var client = engine.Open();
        var label = $"inventory-{Guid.NewGuid():N}"[..24];
        var ids = new List<string>();
        try
        {
            foreach (var mode in new[] { "Replicated", "Global", "ReplicatedJob" })
            {
                var spec = RealClientTests.Spec($"{label}-{mode}", engine.Image, "one");
                spec["Labels"] = new JsonObject { ["test"] = label };
                spec["Mode"] = new JsonObject { [mode] = mode == "Replicated" ? new JsonObject { ["Replicas"] = 2 } : new JsonObject() };
                ids.Add(await client.Swarm.CreateServiceAsync(spec, string.Empty, Token));
            }

            var listed = await ListAsync(new SwarmWorkloadSource(client.Endpoint, Options(label)));
            Assert.Equal(["GlobalService", "Service", "ReplicatedJob"], listed.Select(w => w.Kind).OrderBy(k => k switch
            {
                "GlobalService" => 0,
                "Service" => 1,
                _ => 2,
            }));
            Assert.All(listed, w => Assert.StartsWith("swarm://", w.Id, StringComparison.Ordinal));
            Assert.All(listed.SelectMany(w => w.RunningDigests), d => Assert.StartsWith("sha256:", d, StringComparison.Ordinal));
        }
        finally
        {
            foreach (var id in ids)
            {
                await client.Swarm.RemoveServiceAsync(id, CancellationToken.None);
            }
        }
    }

    private static DockerInventoryOptions Options(string label) => new() { Selector = $"test={label}" };

    private static async Task<IReadOnlyList<Workload>> ListAsync(IWorkloadSource source)
    {
        var found = new List<Workload>();
        await foreach (var workload in source.ListAsync(new NoticeList(), Token))
        {
            found.Add(workload);
        }

        return found;
    }
}
