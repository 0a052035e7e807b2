using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>The client, over real HTTP on a Unix socket, with an engine that does as it is told.</summary>
public sealed class DockerClientTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Socket => _folder["engine.sock"];

    public static TheoryData<string> Published => EngineDescriptions.Versions.Count > 0 ? [.. EngineDescriptions.Versions] : ["none"];

    [Theory]
    [InlineData("1.41", "1.41")]
    [InlineData("1.47", "1.47")]
    [InlineData("1.55", "1.55")]
    [InlineData("1.60", "1.55")]
    public async Task The_older_of_both_newest_versions_is_spoken(string engine, string spoken)
    {
        await using var server = await StartAsync(engine, _ => new StubAnswer(200, "[]"));
        using var client = Open();
        Assert.Empty(await client.Containers.ListAsync(true, null, Token));
        Assert.Equal(spoken, (await client.ApiVersionAsync(Token)).Spoken.ToString());
        Assert.Equal($"/v{spoken}/containers/json?all=true", server.Requests[^1].Target);
    }

    [Theory]
    [InlineData("1.40", "1.12", "Update it to Docker 20.10")]
    [InlineData("1.70", "1.60", "Update PatchContainers")]
    public async Task An_engine_without_a_common_version_is_refused_with_what_to_do(string newest, string oldest, string advice)
    {
        await using var server = await StartAsync(newest, _ => new StubAnswer(200, $$"""{"MinAPIVersion":"{{oldest}}"}"""));
        using var client = Open();
        var fault = await Assert.ThrowsAsync<PatchException>(() => client.InfoAsync(Token));
        Assert.Equal(PatchErrorCode.NotSupported, fault.Code);
        Assert.Contains(advice, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Published))]
    public async Task Every_request_is_as_the_description_of_its_version_says(string version)
    {
        Assert.SkipWhen(version == "none", ConformanceData.SkipReason);
        var description = EngineDescriptions.Read(version);
        var recorder = new DescriptionRecorder(_ => description);
        await using var server = await StartAsync(version, Answer);
        using var client = Open(recorder);
        await client.InfoAsync(Token);
        await client.VersionAsync(Token);
        var filters = new Dictionary<string, IReadOnlyList<string>> { ["label"] = ["a=b"] };
        await client.Containers.ListAsync(true, filters, Token);
        await client.Containers.InspectAsync("web", Token);
        var configuration = new JsonObject { ["Image"] = "app:1", ["Cmd"] = new JsonArray("x") };
        await client.Containers.CreateAsync("web", configuration, "linux/amd64", Token);
        await client.Containers.StartAsync("web", Token);
        await client.Containers.StopAsync("web", TimeSpan.FromSeconds(1), Token);
        await client.Containers.RenameAsync("web", "old", Token);
        await client.Containers.SetRestartPolicyAsync("web", new JsonObject { ["Name"] = "no" }, Token);
        await client.Containers.WaitAsync("web", "not-running", Token);
        await client.Containers.ChangesAsync("web", Token);
        Assert.Equal("hi", (await client.Containers.ExecAsync("web", ["x"], Token)).Output);
        await client.Containers.RemoveAsync("web", true, true, Token);
        await client.Images.ListAsync(filters, Token);
        await client.Images.InspectAsync("registry.example:5000/team/app:1", Token);
        await foreach (var _ in client.Images.PullAsync("registry.example/app", "1", "linux/amd64", "e30=", Token))
        {
        }

        await (await client.Images.SaveAsync("app:1", Token)).DisposeAsync();
        await client.Networks.InspectAsync("front", Token);
        await client.Networks.ConnectAsync("front", "web", new JsonObject { ["Aliases"] = new JsonArray("w") }, Token);
        await client.Networks.DisconnectAsync("front", "web", true, Token);
        await client.Swarm.ServicesAsync(filters, Token);
        await client.Swarm.ServiceAsync("web", Token);
        await client.Swarm.CreateServiceAsync(RealClientTests.Spec("web", "app:1", "one"), "e30=", Token);
        await client.Swarm.UpdateServiceAsync("web", 7, RealClientTests.Spec("web", "app:1", "two"), string.Empty, Token);
        await client.Swarm.RollbackServiceAsync("web", 8, RealClientTests.Spec("web", "app:1", "two"), Token);
        await client.Swarm.RemoveServiceAsync("web", Token);
        await client.Swarm.TasksAsync(filters, Token);
        await client.Swarm.NodesAsync(Token);
        await foreach (var _ in client.EventsAsync(DateTimeOffset.UnixEpoch.AddTicks(10000001), filters, Token))
        {
        }

        Assert.Empty(recorder.Deviations);
        Assert.Contains(server.Requests, r => r.Target.Contains("since=1.000000100", StringComparison.Ordinal));
        Assert.Contains(server.Requests, r => r.Headers.GetValueOrDefault("X-Registry-Auth") == "e30=");
    }

    [Fact]
    public async Task A_socket_that_is_not_there_and_one_where_nobody_listens_are_told_apart()
    {
        using var client = Open();
        var missing = await Assert.ThrowsAsync<PatchException>(() => client.InfoAsync(Token));
        Assert.Equal(PatchErrorCode.Unreachable, missing.Code);
        Assert.Contains($"{Socket} is not there", missing.Message, StringComparison.Ordinal);

        // What is there, and no socket anybody listens on, refuses as one whose engine has ended does.
        File.WriteAllText(Socket, string.Empty);
        var silent = await Assert.ThrowsAsync<PatchException>(() => client.InfoAsync(Token));
        Assert.Contains("nobody listens", silent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_in_the_middle_of_a_pull_are_errors_without_the_login()
    {
        await using var server = await StartAsync("1.47", _ => new StubAnswer(200,
            "{\"status\":\"Pulling\"}\r\n{\"errorDetail\":{\"message\":\"denied: no\"},\"error\":\"denied: no\"}\r\n"));
        using var client = Open();
        var auth = DockerAuth.Encode(new RegistryCredential("me", "s3cret"), "docker.io");
        var fault = await Assert.ThrowsAsync<PatchException>(async () =>
        {
            await foreach (var line in client.Images.PullAsync("app", "1", null, auth, Token))
            {
                Assert.Equal("Pulling", line.Text("status"));
            }
        });
        Assert.Equal(PatchErrorCode.Unauthorized, fault.Code);
        Assert.DoesNotContain("s3cret", fault.Message, StringComparison.Ordinal);
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(auth.Replace('-', '+').Replace('_', '/')));
        var login = JsonDocument.Parse(text).RootElement;
        Assert.Equal("https://index.docker.io/v1/", login.Text("serveraddress"));
        Assert.Equal("s3cret", login.Text("password"));
    }

    [Fact]
    public async Task A_write_whose_connection_is_lost_is_not_made_twice()
    {
        await using var server = await StartAsync("1.47", r => new StubAnswer(200, "{}") { IsCut = r.Method == "POST" });
        using var client = Open();
        var fault = await Assert.ThrowsAsync<PatchException>(() => client.Containers.RenameAsync("web", "old", Token));
        Assert.Equal(PatchErrorCode.Unreachable, fault.Code);
        Assert.Contains("Whether it was done is not known", fault.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests, r => r.Method == "POST");
    }

    [Theory]
    [InlineData("ssh://host", PatchErrorCode.NotSupported)]
    [InlineData("tcp://10.0.0.1:2375", PatchErrorCode.NotSupported)]
    [InlineData("unix://relative", PatchErrorCode.InvalidArgument)]
    [InlineData("nonsense://x", PatchErrorCode.InvalidArgument)]
    public void Addresses_that_cannot_be_used_are_refused(string address, PatchErrorCode code)
    {
        var fault = Assert.Throws<PatchException>(() => Search([]).Find(address));
        Assert.Equal(code, fault.Code);
    }

    // An engine that was killed while it started a container finds what it had started still there, when it is asked again.
    [Theory]
    [InlineData("task 0b1e: already exists", PatchErrorCode.Unreachable)]
    [InlineData("driver failed programming external connectivity: port is already allocated", PatchErrorCode.ChangeFailed)]
    public async Task What_passes_by_itself_is_no_failure_of_the_change(string message, PatchErrorCode code)
    {
        await using var server = await StartAsync("1.41", request => request.Target.EndsWith("/start", StringComparison.Ordinal)
            ? new StubAnswer(500, $$"""{"message":"{{message}}"}""") : Answer(request));
        using var client = Open();
        Assert.Equal(code, (await Assert.ThrowsAsync<PatchException>(() => client.Containers.StartAsync("web", Token))).Code);
    }

    [Fact]
    public async Task A_command_that_the_engine_no_longer_knows_may_have_run_since_an_engine_that_is_started_anew_forgets_them()
    {
        await using var server = await StartAsync("1.41", request => request.Target.Contains("/exec/", StringComparison.Ordinal)
            && request.Method == "GET" ? new StubAnswer(404, """{"message":"No such exec instance: e1"}""") : Answer(request));
        using var client = Open();
        var fault = await Assert.ThrowsAsync<PatchException>(() => client.Containers.ExecAsync("web", ["true"], Token));
        Assert.Equal(PatchErrorCode.Unreachable, fault.Code);
        Assert.Contains("Whether the command ran to its end is not known", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_engine_is_found_where_docker_finds_it()
    {
        Assert.Equal("default", Search([]).Find().Name);
        Assert.Equal("/x.sock", Search(new() { ["DOCKER_HOST"] = "unix:///x.sock" }).Find().Path);
        Assert.Equal("default", Search(new() { ["DOCKER_HOST"] = "unix:///x.sock" }).Find("default").Name);
        var secure = Search(new() { ["DOCKER_HOST"] = "tcp://engine.example", ["DOCKER_CERT_PATH"] = _folder.Path }).Find();
        Assert.Equal("https://engine.example:2376/", secure.Root.ToString());

        // The name of a context's folder is the name's SHA-256.
        var id = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData("east"u8)).ToLowerInvariant();
        var meta = Directory.CreateDirectory(Path.Combine(_folder.Path, "contexts", "meta", id)).FullName;
        File.WriteAllText(Path.Combine(meta, "meta.json"), """{"Name":"east","Endpoints":{"docker":{"Host":"unix:///east.sock"}}}""");
        File.WriteAllText(_folder["config.json"], """{"currentContext":"east"}""");
        var search = Search(new() { ["DOCKER_CONFIG"] = _folder.Path });
        Assert.Equal(["default", "east"], search.ContextNames);
        Assert.Equal(("east", "/east.sock"), (search.Find().Name, search.Find().Path));
        Assert.Equal(PatchErrorCode.NotFound, Assert.Throws<PatchException>(() => search.Find("west")).Code);
    }

    [Fact]
    public async Task An_engine_over_tcp_is_verified_and_shown_a_certificate()
    {
        using var certificates = new TestCertificates();
        using var own = certificates.Server();
        await using var server = await StubServer.StartAsync(
            _ => new StubAnswer(200, "{}") { Headers = new Dictionary<string, string> { ["Api-Version"] = "1.47" } }, own,
            asksForCertificate: true);
        var (certificate, key) = certificates.Client("operator");
        File.WriteAllText(_folder["ca.pem"], certificates.AuthorityPem);
        File.WriteAllText(_folder["cert.pem"], certificate);
        File.WriteAllText(_folder["key.pem"], key);
        var address = server.Url.Replace("https://", "tcp://", StringComparison.Ordinal);
        using (var client = new DockerClient(DockerEndpoint.Parse(address, null, "The test", new DockerTls(_folder.Path, false))))
        {
            await client.InfoAsync(Token);
            Assert.Equal("CN=operator", server.Requests[^1].ClientCertificate);
        }

        using var stranger = new TestCertificates();
        File.WriteAllText(_folder["ca.pem"], stranger.AuthorityPem);
        using var wary = new DockerClient(DockerEndpoint.Parse(address, null, "The test", new DockerTls(_folder.Path, false)));
        var fault = await Assert.ThrowsAsync<PatchException>(() => wary.InfoAsync(Token));
        Assert.Contains("no TLS with it", fault.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static StubAnswer Answer(StubRequest request)
    {
        var path = request.Target.Split('?')[0];
        var json = new Dictionary<string, string> { ["Content-Type"] = "application/json" };
        return path switch
        {
            _ when path.EndsWith("/events", StringComparison.Ordinal) || path.EndsWith("/images/create", StringComparison.Ordinal)
                || path.EndsWith("/get", StringComparison.Ordinal) => new StubAnswer(200),
            _ when path.Contains("/exec/", StringComparison.Ordinal) && path.EndsWith("/start", StringComparison.Ordinal) =>
                new StubAnswer(200) { Bytes = [1, 0, 0, 0, 0, 0, 0, 2, (byte)'h', (byte)'i'] },
            _ when path.Contains("/exec/", StringComparison.Ordinal) =>
                new StubAnswer(200, """{"ExitCode":0,"Running":false}""") { Headers = json },
            _ when path.EndsWith("/exec", StringComparison.Ordinal) => new StubAnswer(201, """{"Id":"e1"}""") { Headers = json },
            _ when path.EndsWith("/containers/create", StringComparison.Ordinal) =>
                new StubAnswer(201, """{"Id":"c1","Warnings":[]}""") { Headers = json },
            _ when path.EndsWith("/services/create", StringComparison.Ordinal) => new StubAnswer(201, """{"ID":"s1"}""") { Headers = json },
            _ when path.EndsWith("/containers/web/wait", StringComparison.Ordinal) =>
                new StubAnswer(200, """{"StatusCode":0}""") { Headers = json },
            _ when path.EndsWith("/start", StringComparison.Ordinal) || path.EndsWith("/stop", StringComparison.Ordinal)
                || path.EndsWith("/rename", StringComparison.Ordinal) => new StubAnswer(204),
            _ when request.Method == "DELETE" => new StubAnswer(path.Contains("/services/", StringComparison.Ordinal) ? 200 : 204),
            _ when path.EndsWith("/changes", StringComparison.Ordinal) || path.EndsWith("/services", StringComparison.Ordinal)
                || path.EndsWith("/tasks", StringComparison.Ordinal) || path.EndsWith("/nodes", StringComparison.Ordinal)
                || path.EndsWith("/containers/json", StringComparison.Ordinal) || path.EndsWith("/images/json", StringComparison.Ordinal) =>
                new StubAnswer(200, "[]") { Headers = json },
            _ => new StubAnswer(200, "{}") { Headers = json },
        };
    }

    private static DockerEndpointSearch Search(Dictionary<string, string> variables) => new(variables.GetValueOrDefault, "/nowhere");

    private DockerClient Open(DescriptionRecorder? recorder = null) => new(DockerEndpoint.Parse($"unix://{Socket}", null, "The test", null),
        new DockerClientOptions { Variable = _ => null, Wrap = recorder is null ? null : recorder.Wrap });

    private Task<StubServer> StartAsync(string version, Func<StubRequest, StubAnswer> answer) =>
        StubServer.StartOnSocketAsync(Socket, request => request.Target == "/_ping"
            ? new StubAnswer(200, "OK") { Headers = new Dictionary<string, string> { ["Api-Version"] = version } } : answer(request));
}
