using System.Runtime.CompilerServices;
using PatchContainers.Inventory;
using PatchContainers.Rollout;

namespace PatchContainers.Real.Tests;

/// <summary>A platform of one measured application a ring: a bad image makes it sick, and any other one well.</summary>
internal sealed class MeasuredPlatform(
    MeasuredService service, IReadOnlyDictionary<string, MeasuredApplication> applications, string image, string badDigest) : IOrchestrator
{
    /// <summary>The images that ring by ring run now.</summary>
    public Dictionary<string, string> Images { get; } = applications.Keys.ToDictionary(r => r, _ => image);

    /// <summary>The writes, in order.</summary>
    public List<string> Writes { get; } = [];

    public IWorkloadSource Open(RingTarget target) => new Source(this, target.Context);

    public bool CanHandle(string platform) => platform == "Kubernetes";

    public Task<IReadOnlyList<RolloutChange>> CheckAsync(
        IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default) => Task.FromResult(changes);

    public Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        Write(change, change.NewImage);

    public Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default) =>
        Write(change, change.OldImage);

    /// <summary>Ready is when Prometheus has seen enough of it: what a soak is for.</summary>
    public async Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        await service.ScrapedAsync(3);
        return change with { Status = ChangeStatus.Healthy, Ran = true };
    }

    private Task<RolloutChange> Write(RolloutChange change, string to)
    {
        Writes.Add($"{change.Ring}: {to}");
        Images[change.Ring] = to;
        if (to.EndsWith(badDigest, StringComparison.Ordinal))
        {
            applications[change.Ring].Sicken();
        }
        else
        {
            applications[change.Ring].Heal();
        }

        return Task.FromResult(change with { Status = ChangeStatus.Applied });
    }

    private sealed class Source(MeasuredPlatform platform, string ring) : IWorkloadSource
    {
        public async IAsyncEnumerable<Workload> ListAsync(
            IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var space = platform.NamespaceOf(ring);
            yield return new Workload
            {
                Id = $"kubernetes://{ring}/{space}/Deployment/web#app",
                Platform = "Kubernetes",
                Context = ring,
                Namespace = space,
                Kind = "Deployment",
                Name = "web",
                Container = "app",
                Image = platform.Images[ring],
            };
        }
    }

    private string NamespaceOf(string ring) => applications[ring].Namespace;
}
