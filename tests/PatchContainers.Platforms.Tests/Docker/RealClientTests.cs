using System.Formats.Tar;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.ApiDescriptions;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>The client on a real engine; every request and answer is held against the published description.</summary>
public sealed class RealClientTests
{
    // What the real engine (20.10) does that the description of 1.41 does not say.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        // The specification before the last update is there since 1.24, and was never described.
        "GET /services 200[].PreviousSpec: not described",
        "GET /services/{id} 200.PreviousSpec: not described",
        "GET /tasks 200[].Status.PortStatus: not described",

        // It is described as HealthCheck, and read back as Healthcheck: a specification is written as it was read.
        "GET /services/{id} 200.Spec.TaskTemplate.ContainerSpec.Healthcheck: not described",
        "GET /tasks 200[].Spec.ContainerSpec.Healthcheck: not described",
        "POST /services/{id}/update request.TaskTemplate.ContainerSpec.Healthcheck: not described",
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_lives_as_the_published_description_says()
    {
        var recorder = Recorder();
        var engine = RealEngine.Require();
        using var client = engine.Open(recorder);
        var name = $"client-{Guid.NewGuid():N}";
        var id = await client.Containers.CreateAsync(name, new JsonObject
        {
            ["Image"] = engine.Image,
            ["Cmd"] = new JsonArray("sleep", "60"),
            ["Labels"] = new JsonObject { ["test"] = name },
        }, null, Token);
        try
        {
            Assert.True(await client.Containers.StartAsync(id, Token));
            Assert.False(await client.Containers.StartAsync(id, Token));
            var ran = await client.Containers.ExecAsync(id, ["sh", "-c", "echo out; echo err >&2; touch /new; exit 3"], Token);
            Assert.Equal(3, ran.ExitCode);
            Assert.Equal(["err", "out"], ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
            Assert.Contains(await client.Containers.ChangesAsync(id, Token), c => c.Text("Path") == "/new" && c.Number("Kind") == 1);
            var listed = Assert.Single(await client.Containers.ListAsync(false, new Dictionary<string, IReadOnlyList<string>>
            {
                ["label"] = [$"test={name}"],
            }, Token));
            Assert.Equal(id, listed.Text("Id"));

            await client.Networks.DisconnectAsync("bridge", id, false, Token);
            await client.Networks.ConnectAsync("bridge", id, null, Token);
            Assert.Equal("bridge", (await client.Networks.InspectAsync("bridge", Token)).Text("Name"));

            await client.Containers.SetRestartPolicyAsync(id, new JsonObject { ["Name"] = "no" }, Token);
            await client.Containers.RenameAsync(id, name + "-old", Token);
            Assert.True(await client.Containers.StopAsync(id, TimeSpan.FromSeconds(0), Token));
            Assert.False(await client.Containers.StopAsync(id, null, Token));
            Assert.Equal(137, await client.Containers.WaitAsync(id, "not-running", Token));
            Assert.Equal($"/{name}-old", (await client.Containers.InspectAsync(id, Token)).Text("Name"));
            var taken = await Assert.ThrowsAsync<PatchException>(() => client.Containers.CreateAsync(name + "-old",
                new JsonObject { ["Image"] = engine.Image }, null, Token));
            Assert.Equal(PatchErrorCode.AlreadyExists, taken.Code);
        }
        finally
        {
            await client.Containers.RemoveAsync(id, true, true, CancellationToken.None);
        }

        var gone = await Assert.ThrowsAsync<PatchException>(() => client.Containers.InspectAsync(id, Token));
        Assert.Equal(PatchErrorCode.NotFound, gone.Code);
        Assert.Contains($"container {id}", gone.Message, StringComparison.Ordinal);
        Expect(recorder, 14);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_told_apart_from_an_engine_that_is_away()
    {
        var engine = RealEngine.Require();
        using var client = engine.Open();
        var configuration = new JsonObject { ["Image"] = engine.Image, ["Cmd"] = new JsonArray("/nothing") };
        var id = await client.Containers.CreateAsync(null, configuration, null, Token);
        try
        {
            var fault = await Assert.ThrowsAsync<PatchException>(() => client.Containers.StartAsync(id, Token));
            Assert.Contains(fault.Code, new[] { PatchErrorCode.ChangeFailed, PatchErrorCode.InvalidData });
            Assert.Contains("/nothing", fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            await client.Containers.RemoveAsync(id, true, true, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Images_are_pulled_with_a_login_inspected_and_saved_as_a_stream()
    {
        var recorder = Recorder();
        var engine = RealEngine.Require();
        using var client = engine.Open(recorder);
        Assert.NotEmpty(await client.Images.ListAsync(null, Token));
        var image = await client.Images.InspectAsync(engine.Image, Token);
        Assert.NotEmpty(image.Items("RepoDigests"));
        await foreach (var line in client.Images.PullAsync($"{engine.Registry}/debian", "12", null, string.Empty, Token))
        {
            Assert.Null(line.Text("error"));
        }

        var auth = DockerAuth.Encode(new RegistryCredential("tester", "wrong"), engine.LockedRegistry);
        var refused = await Assert.ThrowsAsync<PatchException>(async () =>
        {
            await foreach (var _ in client.Images.PullAsync($"{engine.LockedRegistry}/nothing", "1", null, auth, Token))
            {
            }
        });
        Assert.Equal(PatchErrorCode.Unauthorized, refused.Code);
        Assert.DoesNotContain("wrong", refused.Message, StringComparison.Ordinal);

        await using var stream = await client.Images.SaveAsync(engine.Image, Token);
        await using var tar = new TarReader(stream);
        var names = new List<string>();
        while (await tar.GetNextEntryAsync(cancellationToken: Token) is { } entry)
        {
            names.Add(entry.Name);
        }

        Assert.Contains("manifest.json", names);
        Expect(recorder, 4);
    }

    [Fact]
    public async Task A_service_is_updated_at_its_version_and_rolled_back()
    {
        var recorder = Recorder();
        var engine = RealEngine.Require();
        using var client = engine.Open(recorder);
        var name = $"service-{Guid.NewGuid():N}"[..20];
        var id = await client.Swarm.CreateServiceAsync(Spec(name, engine.Image, "one"), string.Empty, Token);
        try
        {
            var before = await client.Swarm.ServiceAsync(id, Token);
            var version = before.Number("Version", "Index")!.Value;
            var spec = JsonNode.Parse(before.At("Spec")!.Value.GetRawText())!;
            spec["TaskTemplate"]!["ContainerSpec"]!["Env"] = new JsonArray("STEP=two");
            Assert.NotNull(await client.Swarm.UpdateServiceAsync(id, version, spec, string.Empty, Token));
            var late = await Assert.ThrowsAsync<PatchException>(
                () => client.Swarm.UpdateServiceAsync(id, version, spec, string.Empty, Token));
            Assert.Equal(PatchErrorCode.Conflict, late.Code);

            var after = await client.Swarm.ServiceAsync(name, Token);
            Assert.Equal("STEP=two", after.Items("Spec", "TaskTemplate", "ContainerSpec", "Env").Single().GetString());
            var current = JsonNode.Parse(after.At("Spec")!.Value.GetRawText())!;
            await client.Swarm.RollbackServiceAsync(id, after.Number("Version", "Index")!.Value, current, Token);
            Assert.Equal("STEP=one", (await client.Swarm.ServiceAsync(id, Token))
                .Items("Spec", "TaskTemplate", "ContainerSpec", "Env").Single().GetString());
            var filter = new Dictionary<string, IReadOnlyList<string>> { ["service"] = [name] };
            Assert.NotEmpty(await client.Swarm.TasksAsync(filter, Token));
            Assert.Single(await client.Swarm.ServicesAsync(new Dictionary<string, IReadOnlyList<string>> { ["name"] = [name] }, Token));
            Assert.Single(await client.Swarm.NodesAsync(Token));
        }
        finally
        {
            await client.Swarm.RemoveServiceAsync(id, CancellationToken.None);
        }

        Expect(recorder, 7);
    }

    [Fact]
    public async Task Events_and_the_engines_state_are_told()
    {
        var recorder = Recorder();
        var engine = RealEngine.Require();
        using var client = engine.Open(recorder);
        Assert.Equal("1.41", (await client.ApiVersionAsync(Token)).Spoken.ToString());
        Assert.Equal("active", (await client.InfoAsync(Token)).Text("Swarm", "LocalNodeState"));
        Assert.StartsWith("20.10", (await client.VersionAsync(Token)).Text("Version"), StringComparison.Ordinal);

        var began = DateTimeOffset.UtcNow;
        var id = await client.Containers.CreateAsync(null, new JsonObject { ["Image"] = engine.Image }, null, Token);
        await client.Containers.RemoveAsync(id, true, true, Token);
        var actions = new List<string?>();
        await foreach (var told in client.EventsAsync(began, new Dictionary<string, IReadOnlyList<string>> { ["container"] = [id] }, Token))
        {
            actions.Add(told.Text("Action"));
            if (actions.Count == 2)
            {
                break;
            }
        }

        Assert.Equal(["create", "destroy"], actions);
        Expect(recorder, 4);
    }

    internal static JsonObject Spec(string name, string image, string step) => new()
    {
        ["Name"] = name,
        ["TaskTemplate"] = new JsonObject
        {
            ["ContainerSpec"] = new JsonObject
            {
                ["Image"] = image,
                ["Command"] = new JsonArray("sleep", "600"),
                ["Env"] = new JsonArray($"STEP={step}"),
            },
        },
        ["Mode"] = new JsonObject { ["Replicated"] = new JsonObject { ["Replicas"] = 1 } },
    };

    internal static DescriptionRecorder Recorder()
    {
        Assert.SkipWhen(EngineDescriptions.Versions.Count == 0, ConformanceData.SkipReason);
        var descriptions = new Dictionary<string, ApiDescription>();
        return new DescriptionRecorder(version =>
        {
            lock (descriptions)
            {
                return descriptions.TryGetValue(version, out var known) ? known : descriptions[version] = EngineDescriptions.Read(version);
            }
        });
    }

    internal static void Expect(DescriptionRecorder recorder, int operations)
    {
        Assert.Empty(recorder.Deviations.Except(Known));
        Assert.True(recorder.Count >= operations, $"{recorder.Count} operations were seen.");
    }
}
