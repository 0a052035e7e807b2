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
        var report = await CheckAsync(plan, ("DaemonSet", "app"), ("DaemonSet", "proxy"), ("Deployment", "app"));
        var told = report.Warnings.Where(w => w.Message.StartsWith("DaemonSet ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(isTold ? ["rings[0].targets[0]"] : [], told.Select(w => w.Key));
        Assert.All(told, w => Assert.StartsWith("DaemonSet kube-system/logs cannot be held after its first pods", w.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, InconclusiveAction.Pause, "", "waits")]
    [InlineData(false, InconclusiveAction.Fail, "", "fails")]
    [InlineData(false, InconclusiveAction.Continue, "", null)]
    [InlineData(true, InconclusiveAction.Pause, "", null)]
    [InlineData(false, InconclusiveAction.Pause, "/srv/deploy", null)]
    public async Task CronJobs_that_nothing_tries_out_are_told_with_what_becomes_of_the_rollout(
        bool trialJob, InconclusiveAction action, string path, string? told)
    {
        var report = await CheckAsync(new PatchPlan
        {
            Name = "shop",
            Rings = [new PatchRing { Name = "staging", Targets = [new RingTarget { Path = path }], TrialJob = trialJob }],
            OnInconclusive = action,
        }, ("CronJob", "app"), ("CronJob", "proxy"), ("Deployment", "app"));
        var warnings = report.Warnings.Where(w => w.Message.StartsWith("There are CronJobs. ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(told is null ? [] : ["rings[0].targets[0]"], warnings.Select(w => w.Key));
        Assert.All(warnings, w => Assert.Contains($"the rollout {told} there: set trialJob", w.Message, StringComparison.Ordinal));
    }

    private static async Task<PatchPlanReport> CheckAsync(PatchPlan plan, params (string Kind, string Container)[] workloads)
    {
        var report = await new PatchPlanService(_ => new PatchPlanFile { Path = "/srv/plan.yaml", Name = "shop", Plan = plan },
            _ => new Workloads(workloads)).CheckAsync("/srv/plan.yaml", new NoticeList(), Token);
        Assert.True(report.IsValid);
        return report;
    }

    private sealed class Workloads((string Kind, string Container)[] workloads) : IWorkloadSource
    {
        public async IAsyncEnumerable<Workload> ListAsync(
            IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            foreach (var (kind, container) in workloads)
            {
                yield return new Workload { Id = $"{kind}#{container}", Platform = "Kubernetes", Namespace = "kube-system", Kind = kind, Name = "logs",
                    Container = container, Image = "registry.example/logs:1" };
            }
        }
    }
}
