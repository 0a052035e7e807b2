using System.Text;
using PatchContainers.Inventory;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests;

/// <summary>
/// A folder with manifests and Compose files of a test's own, and the services that read and change them, as other rooms get them.
/// </summary>
internal sealed class FileSet : IDisposable
{
    public const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    public const string NewImage = "registry.example/shop/web:1.2-patched-01234567@" + Digest;

    private readonly TemporaryFolder _folder = new();

    public PlatformProvider Platforms { get; } = new();

    public IOrchestrator Orchestrator => Platforms.OpenOrchestrators(null).Single(orchestrator => orchestrator.CanHandle("Manifest"));

    public NoticeList Notices { get; } = new();

    public string Root => _folder.Path;

    public string this[string name] => Path.Combine(Root, name);

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public byte[] Read(string name) => File.ReadAllBytes(this[name]);

    public string ReadText(string name) => Encoding.UTF8.GetString(Read(name));

    public Task<List<Workload>> ListAsync() => ListAsync(Root);

    public async Task<List<Workload>> ListAsync(string path)
    {
        var result = new List<Workload>();
        await foreach (var workload in Platforms.OpenFiles(path).ListAsync(Notices, TestContext.Current.CancellationToken))
        {
            result.Add(workload);
        }

        return result;
    }

    /// <summary>The one workload of a file.</summary>
    public async Task<Workload> OneAsync(string name) => Assert.Single(await ListAsync(this[name]));

    public static RolloutChange Change(Workload workload, string newImage = NewImage, string ring = "staging") => new()
    {
        Workload = workload.Id,
        Platform = workload.Platform,
        Path = workload.Path,
        Ring = ring,
        OldImage = workload.Image,
        NewImage = newImage,
        NewDigest = Digest,
    };

    public Task<IReadOnlyList<RolloutChange>> CheckAsync(params RolloutChange[] changes) =>
        Orchestrator.CheckAsync(changes, TestContext.Current.CancellationToken);

    public Task<RolloutChange> ApplyAsync(RolloutChange change) => Orchestrator.ApplyAsync(change, TestContext.Current.CancellationToken);

    public Task<RolloutChange> RevertAsync(RolloutChange change) => Orchestrator.RevertAsync(change, TestContext.Current.CancellationToken);

    public void Dispose() => _folder.Dispose();
}
