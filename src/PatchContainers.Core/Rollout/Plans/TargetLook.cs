using PatchContainers.Inventory;

namespace PatchContainers.Rollout.Plans;

/// <summary>Looks at what a plan's targets hold now.</summary>
internal sealed class TargetLook(PatchPlanFile file, Func<RingTarget, IWorkloadSource> open, IProgress<PatchNotice> notices)
{
    private readonly Dictionary<string, string> _rings = new(StringComparer.Ordinal);

    /// <summary>How many workloads each ring has; null where that could not be told.</summary>
    public List<int?> Workloads { get; } = [];

    public List<PatchPlanFault> Faults { get; } = [];

    public List<PatchPlanFault> Warnings { get; } = [];

    public async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var (ring, index) in file.Plan!.Rings.Select((r, i) => (r, i)))
        {
            var found = new HashSet<string>(StringComparer.Ordinal);
            var isComplete = true;
            foreach (var (target, number) in ring.Targets.Select((t, i) => (t, i)))
            {
                var key = FormattableString.Invariant($"rings[{index}].targets[{number}]");
                isComplete &= await LookAsync(ring, target, key, found, cancellationToken).ConfigureAwait(false);
            }

            Workloads.Add(isComplete ? found.Count : null);
        }
    }

    private async Task<bool> LookAsync(
        PatchRing ring, RingTarget target, string key, HashSet<string> found, CancellationToken cancellationToken)
    {
        var unread = new Failures(notices);
        var before = found.Count;
        var untried = false;
        var daemons = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await foreach (var workload in open(target).ListAsync(unread, cancellationToken).ConfigureAwait(false))
            {
                found.Add(workload.Id);
                untried |= workload.Kind == "CronJob" && target.IsCluster && !ring.TrialJob;
                if (!ring.Canary.IsAll && target.IsCluster && workload.Kind == "DaemonSet"
                    && daemons.Add($"{workload.Namespace}/{workload.Name}"))
                {
                    Warnings.Add(file.At(key, $"DaemonSet {workload.Namespace}/{workload.Name} cannot be held after its first pods: where it "
                        + $"is to be changed, a rollout is refused, since the ring {ring.Name} has a canary. Give DaemonSets a ring without "
                        + "one, and leave them out here (kinds)."));
                }

                if (!_rings.TryAdd(workload.Id, ring.Name) && _rings[workload.Id] != ring.Name)
                {
                    Faults.Add(file.At(key, $"{workload.Id} is in the ring {_rings[workload.Id]} too. Choose the targets so that each "
                        + "workload is in one ring."));
                }
            }
        }
        catch (PatchException e) when (!target.Runs)
        {
            Faults.Add(file.At(key, e.Message));
            return false;
        }
        catch (PatchException e)
        {
            Warnings.Add(file.At(key, $"The {(target.Platform == RingTarget.Kubernetes ? "context" : "engine")} '{target.Context}' could not be looked at: {e.Message}"));
            return false;
        }

        Warnings.AddRange(unread.Messages.Select(m => file.At(key, $"{m} Unless that is put right, no rollout begins here without leaving "
            + "out what is refused.")));
        if (untried && file.Plan!.OnInconclusive != InconclusiveAction.Continue)
        {
            Warnings.Add(file.At(key, "There are CronJobs. Nobody can say whether a new image does a CronJob's work before its next run, so "
                + $"that the rollout {(file.Plan.OnInconclusive == InconclusiveAction.Fail ? "fails" : "waits")} there: set trialJob, "
                + "which tries each out by a Job made from it, or leave them out by kinds."));
        }

        if (found.Count == before && unread.Messages.Count == 0)
        {
            Warnings.Add(file.At(key, $"There is no workload in {RingWords.Of(target)}."));
        }

        return unread.Messages.Count == 0;
    }

    private sealed class Failures(IProgress<PatchNotice> rest) : IProgress<PatchNotice>
    {
        public List<string> Messages { get; } = [];

        public void Report(PatchNotice value)
        {
            switch (value)
            {
                case PatchNotice.Failure failure:
                    Messages.Add(failure.Exception.Message);
                    break;
                case PatchNotice.Progress or PatchNotice.Verbose:
                    rest.Report(value);
                    break;
            }
        }
    }
}
