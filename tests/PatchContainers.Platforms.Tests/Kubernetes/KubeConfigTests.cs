using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes;

public sealed class KubeConfigTests : IDisposable
{
    private const string Authority = "MTIz";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_several_files_the_first_entry_of_a_name_counts_whole()
    {
        var one = File("one", """
            current-context: ""
            clusters: [{name: c, cluster: {server: "https://one.example"}}]
            users: [{name: u, user: {token: one}}]
            """);
        var two = File("two", """
            current-context: x
            clusters: [{name: c, cluster: {server: "https://two.example", tls-server-name: two}}]
            contexts: [{name: x, context: {cluster: c, user: u}}, {name: y, context: {cluster: d, user: u, namespace: shop}}]
            """);
        var three = File("three", """
            current-context: y
            clusters: [{name: d, cluster: {server: "https://three.example/base/path"}}]
            contexts: [{name: x, context: {cluster: d}}]
            """);
        var config = KubeConfig.Read([one, two, three]);
        Assert.Equal(["x", "y"], config.ContextNames);
        var context = config.Context();
        Assert.Equal(("x", "default", "https://one.example/", "", "one"),
            (context.Name, context.Namespace, context.Cluster.Server.AbsoluteUri, context.Cluster.TlsServerName, context.User.Token));
        Assert.Equal(("shop", "https://three.example/base/path"),
            (config.Context("y").Namespace, config.Context("y").Cluster.Server.AbsoluteUri));
    }

    [Fact]
    public void Files_are_relative_to_the_kubeconfig_that_names_them()
    {
        Directory.CreateDirectory(_folder["sub", "pki"]);
        System.IO.File.WriteAllText(_folder["sub", "pki", "ca.crt"], "the authority");
        var path = File(Path.Combine("sub", "config"), """
            current-context: x
            clusters: [{name: c, cluster: {server: "https://one.example", certificate-authority: pki/ca.crt}}]
            users: [{name: u, user: {tokenFile: ../token, exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login}}},
                    {name: v, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: login, args: [a, "b c"],
                                            env: [{name: A, value: "1"}]}}}]
            contexts: [{name: x, context: {cluster: c, user: u}}, {name: y, context: {cluster: c, user: v}}]
            """);
        var context = KubeConfig.Read([path]).Context();
        Assert.Equal("the authority"u8.ToArray(), context.Cluster.CertificateAuthority!.Read());
        Assert.Equal(_folder["token"], context.User.TokenFile);
        Assert.Equal(_folder["sub", "bin", "login"], context.User.Exec!.Command);
        var exec = KubeConfig.Read([path]).Context("y").User.Exec!;
        Assert.Equal("login", exec.Command);
        Assert.Equal(["a", "b c"], exec.Arguments);
        Assert.Equal([KeyValuePair.Create("A", "1")], exec.Environment);
    }

    [Fact]
    public void KUBECONFIG_may_list_files_that_are_not_there_as_long_as_one_is()
    {
        var there = File("there", Minimal());
        var search = Search(("KUBECONFIG", string.Join(Path.PathSeparator, _folder["away"], there, there)));
        Assert.Equal("x", search.Read().CurrentContext);
        var error = Assert.Throws<PatchException>(() => Search(("KUBECONFIG", _folder["away"])).Read());
        Assert.Equal(PatchErrorCode.NotFound, error.Code);
        Assert.Contains(_folder["away"], error.Message);
    }

    [Fact]
    public void Without_KUBECONFIG_the_home_folders_file_counts_and_then_the_pods_own_account()
    {
        var pod = Search(("KUBERNETES_SERVICE_HOST", "fd00::1"), ("KUBERNETES_SERVICE_PORT", "6443"));
        Directory.CreateDirectory(_folder["account"]);
        Assert.Equal(PatchErrorCode.NotFound, Assert.Throws<PatchException>(() => pod.Read()).Code);
        System.IO.File.WriteAllText(_folder["account", "token"], "abc");
        System.IO.File.WriteAllText(_folder["account", "namespace"], "shop\n");
        var context = pod.Read().Context();
        Assert.Equal(("in-cluster", "shop", "https://[fd00::1]:6443/", _folder["account", "token"]),
            (context.Name, context.Namespace, context.Cluster.Server.AbsoluteUri, context.User.TokenFile));
        Assert.Equal(PatchErrorCode.NotFound, Assert.Throws<PatchException>(() => pod.Read().Context("other")).Code);

        Directory.CreateDirectory(_folder["home", ".kube"]);
        System.IO.File.WriteAllText(_folder["home", ".kube", "config"], Minimal());
        Assert.Equal("x", pod.Read().CurrentContext);
    }

    [Theory]
    [InlineData("clusters: 5", "'clusters'")]
    [InlineData("clusters: [{cluster: {}}]", "has no name")]
    [InlineData("kind: Deployment\napiVersion: apps/v1", "kind is not Config")]
    [InlineData("- a", "no mapping")]
    [InlineData("a: b\n---\nc: d", "2 documents")]
    public void A_file_that_is_no_kubeconfig_is_named_with_its_fault(string text, string fault)
    {
        var path = File("config", text);
        var error = Assert.Throws<PatchException>(() => KubeConfig.Read([path]));
        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        Assert.Contains(path, error.Message);
        Assert.Contains(fault, error.Message);
    }

    [Theory]
    [InlineData("server: http://api.example", "", "without TLS")]
    [InlineData("server: api.example:6443", "", "'server'")]
    [InlineData("tls-server-name: a", "", "'server' is missing")]
    [InlineData("server: https://user:hunter2@api.example", "", "more than an address")]
    [InlineData("server: https://api.example, certificate-authority-data: '?hunter2'", "", "is not base64")]
    [InlineData("server: https://api.example, certificate-authority-data: MTIz, insecure-skip-tls-verify: true", "", "only one")]
    [InlineData("server: https://api.example, insecure-skip-tls-verify: hunter2", "", "neither true nor false")]
    [InlineData("server: https://api.example, proxy-url: 'ftp://hunter2'", "", "'proxy-url'")]
    [InlineData("server: https://api.example", "client-key-data: MTIz", "without a client-certificate")]
    [InlineData("server: https://api.example", "client-certificate-data: MTIz", "without a client-key")]
    [InlineData("server: https://api.example", "token: [hunter2]", "'token' is no text")]
    [InlineData("server: https://api.example", "token: \"hunter2\\u00e9\"", "cannot be sent")]
    [InlineData("server: https://api.example", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", "v1beta1")]
    [InlineData("server: https://api.example", "exec: {apiVersion: client.authentication.k8s.io/v1}", "'command' is missing")]
    [InlineData("server: https://api.example",
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", "interactiveMode")]
    [InlineData("server: https://api.example", "as-groups: [a]", "without as")]
    [InlineData("server: https://api.example", "auth-provider: {name: gcp}", "auth-provider")]
    [InlineData("server: https://api.example", "as: a, as-user-extra: {a: [b]}", "as-user-extra")]
    [InlineData("server: https://api.example", "as: a, as-groups: [b, c]", "2 groups")]
    public void A_field_that_is_not_as_it_must_be_is_named_and_its_value_is_not_shown(string cluster, string user, string fault)
    {
        var path = File("config", Minimal(cluster, user));
        var error = Assert.Throws<PatchException>(() => KubeConfig.Read([path]).Context());
        Assert.Contains(error.Code, new[] { PatchErrorCode.InvalidData, PatchErrorCode.NotSupported });
        Assert.Contains(path, error.Message);
        Assert.Contains(fault, error.Message);
        Assert.DoesNotContain("hunter2", error.ToString());
    }

    [Fact]
    public void Another_contexts_fault_does_no_harm()
    {
        var path = File("config", $$"""
            current-context: good
            clusters: [{name: c, cluster: {server: "https://one.example", certificate-authority-data: {{Authority}} } }, {name: d, cluster: {server: "::"} }]
            contexts: [{name: good, context: {cluster: c} }, {name: bad, context: {cluster: d} }, {name: away, context: {cluster: e} },
                       {name: nobody, context: {cluster: c, user: f} }]
            """);
        var config = KubeConfig.Read([path]);
        Assert.Equal("good", config.Context().Name);
        Assert.Equal(PatchErrorCode.InvalidData, Assert.Throws<PatchException>(() => config.Context("bad")).Code);
        Assert.Equal(PatchErrorCode.NotFound, Assert.Throws<PatchException>(() => config.Context("away")).Code);
        Assert.Equal(PatchErrorCode.NotFound, Assert.Throws<PatchException>(() => config.Context("nobody")).Code);
        Assert.Contains("good, bad, away, nobody", Assert.Throws<PatchException>(() => config.Context("none")).Message);
    }

    [Fact]
    public void Broken_YAML_is_told_by_its_line_and_nothing_of_it_is_shown()
    {
        var path = File("config", "users:\n- name: u\n  user:\n    password: *hunter2\n");
        var error = Assert.Throws<PatchException>(() => KubeConfig.Read([path]));
        Assert.Contains("line 4", error.Message);
        Assert.DoesNotContain("hunter2", error.ToString());
    }

    private static string Minimal(string cluster = "server: https://api.example", string user = "") => $$"""
        current-context: x
        clusters: [{name: c, cluster: { {{cluster}} } }]
        users: [{name: u, user: { {{user}} } }]
        contexts: [{name: x, context: {cluster: c, user: u} }]
        """;

    private KubeConfigSearch Search(params (string Name, string Value)[] variables) => new(
        name => variables.FirstOrDefault(v => v.Name == name).Value, _folder["home"], _folder["account"]);

    private string File(string name, string text)
    {
        System.IO.File.WriteAllText(_folder[name], text);
        return _folder[name];
    }
}
