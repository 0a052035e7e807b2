using System.Globalization;
using System.Text.Json;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Compose;

/// <summary>Projects that docker-compose started on a real engine, changed by whole rollouts.</summary>
public sealed class ComposeRolloutTests
{
    private const string Shop = """
        version: "2.4"
        services:
          web: { image: OLD, depends_on: { api: { condition: service_started } }, environment: [OWN=1], networks: { front: { aliases: [www] } } }
          api:
            image: OLD   # the same build as web
            depends_on: { db: { condition: service_healthy } }
            networks: [front, back]
          db:
            image: OLD
            healthcheck: { test: "sleep 1; test -d /", interval: 0.3s, retries: 3 }
            volumes: [data:/data]
            networks: [back]
        networks: { front: {}, back: {} }
        volumes: { data: {} }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_services_are_recreated_in_the_order_in_which_they_wait_for_each_other()
    {
        await using var scene = await ComposeScene.UpAsync(Shop);
        var before = await scene.ContainersAsync();
        var rollout = await scene.RunAsync(scene.Images.Good, TimeSpan.FromSeconds(2));
        Assert.True(rollout.Status == RolloutStatus.Succeeded, $"{rollout.Status}: {rollout.Reason} {Details(rollout)}");
        Assert.All(rollout.Changes, c => Assert.Equal((ChangeStatus.Healthy, true), (c.Status, c.Ran)));

        // What was said of its one container when it became well, and not once more for each look while it soaked.
        Assert.All(rollout.Changes, c => Assert.Matches(@"\A\S+: No service for \d+\.\d s(; healthy after \d+\.\d s)?\.\z", c.Detail));

        var after = await scene.ContainersAsync();
        Assert.Equal(["api", "db", "web"], after.Keys.Order());
        Assert.All(after.Values, c => Assert.Equal(scene.Images.Good, c.Text("Config", "Image")));
        Assert.All(after, c => Assert.NotEqual(before[c.Key].Text("Id"), c.Value.Text("Id")));
        Assert.All(after, c => Assert.Equal(before[c.Key].Text("Name"), c.Value.Text("Name")));

        // The API began only when the database was well, which takes a second; and the web only after the API.
        Assert.True(StartOf(after["api"]) - StartOf(after["db"]) > TimeSpan.FromSeconds(0.9));
        Assert.True(StartOf(after["web"]) > StartOf(after["api"]));
        Assert.Contains("www", after["web"].At("NetworkSettings", "Networks", $"{scene.Project}_front", "Aliases")!.Value.ToString(), StringComparison.Ordinal);

        // The file is pinned, and is otherwise what it was.
        Assert.Equal(Shop.Replace("OLD", scene.Images.Good, StringComparison.Ordinal), await File.ReadAllTextAsync(scene.File, Token));

        // Compose knows them still as its own.
        Assert.All(after, c => Assert.Equal(scene.Project, c.Value.Texts("Config", "Labels")["com.docker.compose.project"]));
        await scene.ComposeAsync("up", "-d");
        Assert.Equal(["api", "db", "web"], (await scene.ContainersAsync()).Keys.Order());
    }

    [Fact]
    public async Task A_project_whose_new_version_is_unwell_is_as_it_was_file_and_containers()
    {
        await using var scene = await ComposeScene.UpAsync(Shop);
        var (before, file) = (await scene.ContainersAsync(), await File.ReadAllTextAsync(scene.File, Token));
        var rollout = await scene.RunAsync(scene.Images.Crashing);
        Assert.True(rollout.Status == RolloutStatus.RolledBack, $"{rollout.Status}: {rollout.Reason} {Details(rollout)}");
        Assert.Contains("db", rollout.Reason, StringComparison.Ordinal);

        var after = await scene.ContainersAsync();
        Assert.Equal(before.Select(c => (c.Key, c.Value.Text("Id"))).Order(), after.Select(c => (c.Key, c.Value.Text("Id"))).Order());
        Assert.All(after.Values, c => Assert.Equal("running", c.Text("State", "Status")));
        Assert.Equal(file, await File.ReadAllTextAsync(scene.File, Token));
    }

    [Fact]
    public async Task What_waits_for_a_service_that_is_not_well_is_not_touched()
    {
        await using var scene = await ComposeScene.UpAsync("""
            version: "2.4"
            services:
              api: { image: OLD, depends_on: { setup: { condition: service_started } } }
              setup: { image: "REGISTRY", command: ["sh", "-c", "exit 3"] }
            """);
        var before = await scene.ContainersAsync();
        var rollout = await scene.RunAsync(scene.Images.Good);
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("api waits for setup, and", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(before["api"].Text("Id"), (await scene.ContainersAsync())["api"].Text("Id"));
        Assert.DoesNotContain("@", await File.ReadAllTextAsync(scene.File, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_whose_image_another_file_names_last_is_refused()
    {
        await using var scene = await ComposeScene.UpAsync("""
            version: "2.4"
            services:
              web: { image: OLD }
              api: { image: OLD }
            """);
        var above = Path.Combine(Path.GetDirectoryName(scene.File)!, "compose.override.yaml");
        await File.WriteAllTextAsync(above, $$"""
            version: "2.4"
            services: { web: { environment: [OWN=2] }, api: { image: {{scene.Images.Old}} } }
            """, Token);
        await scene.ComposeAsync("-f", above, "up", "-d");
        var refusal = Assert.Single((await scene.TryPlanAsync(scene.Images.Good)).Refusals);
        Assert.EndsWith("/api", refusal.Workload, StringComparison.Ordinal);
        Assert.Contains($"'{above}' is laid over '{scene.File}' and names the image of api", refusal.Reason, StringComparison.Ordinal);

        // Where it names none, the file that is rolled out to is the last that does.
        await File.WriteAllTextAsync(above, "services: { web: { environment: [OWN=2] } }", Token);
        Assert.Empty((await scene.TryPlanAsync(scene.Images.Good)).Refusals);
    }

    [Fact]
    public async Task A_service_without_containers_is_only_written_and_shows_nothing()
    {
        await using var scene = await ComposeScene.UpAsync("""
            version: "2.4"
            services:
              web: { image: OLD }
            """);
        await scene.ComposeAsync("down", "-t", "1");
        var rollout = await scene.RunAsync(scene.Images.Good);
        Assert.False(Assert.Single(rollout.Changes).Ran);
        Assert.Contains(scene.Images.Good, await File.ReadAllTextAsync(scene.File, Token), StringComparison.Ordinal);
        Assert.Contains("no container", $"{rollout.Reason} {Details(rollout)}", StringComparison.OrdinalIgnoreCase);
    }

    private static DateTimeOffset StartOf(JsonElement container) =>
        DateTimeOffset.Parse(container.Text("State", "StartedAt")!, CultureInfo.InvariantCulture);

    private static string Details(PatchRollout rollout) => string.Join(' ', rollout.Changes.Select(c => $"{c.Workload}: {c.Status} {c.Detail}"));
}
