using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Kubernetes;

namespace PatchContainers.Platforms.Tests.Kubernetes;

/// <summary>A fake API server and a kubeconfig for it, with a clock whose short waits take no time.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private FakeCluster(KubernetesServer server) => Server = server;

    public KubernetesServer Server { get; }

    public FakeClock Clock { get; } = new() { SkipsUpTo = TimeSpan.FromSeconds(40) };

    public NoticeList Notices { get; } = new();

    public static async Task<FakeCluster> StartAsync() => new(await KubernetesServer.StartAsync());

    /// <summary>A client for a user whose fields are these; FOLDER stands for this test's own folder.</summary>
    public KubernetesClient Open(string user = "token: t0ken", int pageSize = 500, Func<string, string?>? variable = null) => new(
        KubeConfig.Read([File("config", Server.Kubeconfig(user.Replace("FOLDER", _folder.Path, StringComparison.Ordinal)))]).Context(),
        new KubernetesClientOptions
        {
            TimeProvider = Clock,
            Notices = Notices,
            PageSize = pageSize,
            Variable = variable ?? (_ => null),
        });

    public string File(string name, string content)
    {
        var path = _folder[name];
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
