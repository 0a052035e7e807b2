using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.TestKit.Kubernetes;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes;

public sealed class ExecPluginTests
{
    private const string Version = "client.authentication.k8s.io/v1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_token_is_kept_until_it_expires_and_asked_for_anew_when_refused()
    {
        await using var cluster = await FakeCluster.StartAsync();
        var log = cluster.File("log", string.Empty);
        using var client = Open(cluster, $$"""
            echo "$1 $NAME $KUBERNETES_EXEC_INFO" >> '{{log}}'
            echo '{"apiVersion":"{{Version}}","kind":"ExecCredential","status":{"token":"t'$(wc -l < '{{log}}' | tr -d ' ')'","expirationTimestamp":"2024-06-01T12:10:00Z"} }'
            """, "args: ['a b; c'], env: [{name: NAME, value: v}], ");
        await GetAsync(client);
        await GetAsync(client);
        cluster.Server.Faults.Enqueue(new KubernetesFault(401));
        await GetAsync(client);
        cluster.Clock.Advance(TimeSpan.FromMinutes(11));
        await GetAsync(client);
        Assert.Equal(["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t3"], cluster.Server.Requests.Select(r => r.Authorization));
        var told = (await File.ReadAllLinesAsync(log, Token))[0];
        Assert.StartsWith("a b; c v {", told);
        Assert.Contains("\"interactive\":false", told);
    }

    [Fact]
    public async Task No_program_is_started_where_that_is_forbidden()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var client = Open(cluster, "exit 1", variable: name => name == "PATCHCONTAINERS_NO_EXTERNAL_PROCESS" ? "1" : null);
        var error = await Assert.ThrowsAsync<PatchException>(() => GetAsync(client));
        Assert.Equal(PatchErrorCode.NotSupported, error.Code);
        Assert.Contains("PATCHCONTAINERS_NO_EXTERNAL_PROCESS", error.Message);
        Assert.Empty(cluster.Server.Requests);
    }

    [Theory]
    [InlineData("echo 'please log in' >&2; exit 3", "exit code 3 and said: please log in")]
    [InlineData("echo 'secret'", "no JSON")]
    [InlineData("echo '{}'", "no ExecCredential")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}'""", "another apiVersion")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}'""", "neither a token")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientCertificateData":"x"}}'""",
        "without a key")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"a","expirationTimestamp":"x"}}'""",
        "no time")]
    [InlineData("head -c 2000000 /dev/zero", "more than 1048576 bytes")]
    public async Task What_gives_no_credential_is_Unauthorized_and_says_why(string script, string fault)
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var client = Open(cluster, script);
        var error = await Assert.ThrowsAsync<PatchException>(() => GetAsync(client));
        Assert.Equal(PatchErrorCode.Unauthorized, error.Code);
        Assert.Contains(fault, error.Message);
        Assert.DoesNotContain("secret", error.Message);
    }

    [Fact]
    public async Task A_program_that_does_not_end_is_killed_after_a_minute()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var client = Open(cluster, "exec sleep 600");
        var call = GetAsync(client);
        while (!call.IsCompleted)
        {
            cluster.Clock.Advance(TimeSpan.FromSeconds(61));
            await Task.Yield();
        }

        Assert.Contains("within 1m", (await Assert.ThrowsAsync<PatchException>(() => call)).Message);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named_with_the_hint_where_to_get_it()
    {
        await using var cluster = await FakeCluster.StartAsync();
        using var client = cluster.Open($"exec: {{apiVersion: {Version}, command: /no/such/login, installHint: 'Get it from the shelf.'}}");
        var error = await Assert.ThrowsAsync<PatchException>(() => GetAsync(client));
        Assert.Equal(PatchErrorCode.Unauthorized, error.Code);
        Assert.Contains("/no/such/login", error.Message);
        Assert.Contains("Get it from the shelf", error.Message);
    }

    private static KubernetesClient Open(FakeCluster cluster, string script, string more = "", Func<string, string?>? variable = null)
    {
        if (OperatingSystem.IsWindows())
        {
            throw Xunit.Sdk.SkipException.ForSkip("The plugin of this test is a shell script.");
        }

        cluster.Server.SetList("api/v1/namespaces/demo/pods", []);
        var path = cluster.File("login", "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return cluster.Open($"exec: {{apiVersion: {Version}, {more}command: ./login}}", variable: variable);
    }

    private static async Task GetAsync(KubernetesClient client)
    {
        await foreach (var pod in client.ListAsync(KubernetesResource.Pods, "demo", null, null, Token))
        {
            Assert.Fail($"{pod} is not expected.");
        }
    }
}
