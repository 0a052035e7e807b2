using System.Runtime.CompilerServices;
using PatchContainers.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Plans;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class PatchPlanServiceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("25%", "", true)]
    [InlineData("", "", false)]
    [InlineData("25%", "/srv/deploy", false)]
    public async Task A_DaemonSet_in_a_ring_with_a_canary_is_told_before_a_rollout_is_refused(string canary, string path, bool isTold)
    {
        var plan = new PatchPlan
        {
            Name = "shop",
            Rings = [new PatchRing { Name = "staging", Targets = [new RingTarget { Path = path }], Canary = Portion.Parse(canary) }],
        };
        var service = new PatchPlanService(_ => new PatchPlanFile { Path = "/srv/plan.yaml", Name = "shop", Plan = plan }, _ => new Daemons());
        var report = await service.CheckAsync("/srv/plan.yaml", new NoticeList(), Token);
        Assert.True(report.IsValid);
        var told = report.Warnings.Where(w => w.Message.StartsWith("DaemonSet ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(isTold ? ["rings[0].targets[0]"] : [], told.Select(w => w.Key));
        Assert.All(told, w => Assert.StartsWith("DaemonSet kube-system/logs cannot be held after its first pods", w.Message, StringComparison.Ordinal));
    }

    private sealed class Daemons : IWorkloadSource
    {
        public async IAsyncEnumerable<Workload> ListAsync(
            IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            foreach (var (kind, container) in new[] { ("DaemonSet", "app"), ("DaemonSet", "proxy"), ("Deployment", "app") })
            {
                yield return new Workload { Id = $"{kind}#{container}", Platform = "Kubernetes", Namespace = "kube-system", Kind = kind, Name = "logs",
                    Container = container, Image = "registry.example/logs:1" };
            }
        }
    }
}
