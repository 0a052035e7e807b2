using System.Text.RegularExpressions;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.Rollout.Plans;

/// <summary>What a plan may mean, and often does not.</summary>
internal static partial class PlanDoubts
{
    public static IEnumerable<PatchPlanFault> Of(PatchPlanFile file, PatchPlan plan) =>
        plan.Rings.SelectMany((ring, i) => Of(ring).Select(d => file.At(FormattableString.Invariant($"rings[{i}]") + d.Key, d.Message)));

    private static IEnumerable<(string Key, string Message)> Of(PatchRing ring)
    {
        var runs = ring.Targets.Any(t => t.Runs);
        if (ring.Gates.Count == 0)
        {
            yield return (string.Empty, $"The ring {ring.Name} has no gate: it passes as soon as its workloads are "
                + (runs ? "ready." : "written."));
        }

        if (ring.Soak == TimeSpan.Zero && ProductionLike().IsMatch(ring.Name))
        {
            yield return (string.Empty, $"The ring {ring.Name} has no soak: what goes wrong only after a while is not seen before the "
                + "rollout ends.");
        }

        var longest = ring.Windows.Select(w => MaintenanceWindow.Parse(w).Duration).DefaultIfEmpty(TimeSpan.MaxValue).Max();
        if (longest < ring.Timeout + ring.CanarySoak)
        {
            yield return (".windows", $"No window is as long as a portion may take (timeout and canary soak: "
                + $"{DurationText.Format(ring.Timeout + ring.CanarySoak)}), and what would outlast its window is not begun.");
        }

        if (ring.Canary.IsAll)
        {
            yield break;
        }

        if (!runs)
        {
            yield return (".canary", "A canary has no effect on files, which nobody is seen to run.");
        }
        else if (ring.Targets.Any(t => t.Runs && t.Platform is RingTarget.Docker or RingTarget.Compose))
        {
            yield return (".canary", "A container has no replicas: one that is to be changed here is refused, since the ring has a canary. "
                + "Give containers a ring without one, with a batch.");
        }
        else if (ring.Gates.Count == 0)
        {
            yield return (".canary", "The canary is judged by readiness alone: the ring has no gate to ask.");
        }
        else if (ring.CanarySoak == TimeSpan.Zero)
        {
            yield return (".canary", "The gates are asked as soon as the canary is ready. Without a soak they may see nothing of it.");
        }

        if (ring.Timeout < ring.CanarySoak)
        {
            yield return (".timeout", $"The timeout ({DurationText.Format(ring.Timeout)}) is shorter than the canary's soak "
                + $"({DurationText.Format(ring.CanarySoak)}). It is the time to become ready, and the soak comes on top of it.");
        }
    }

    [GeneratedRegex("(?i)prod|live", RegexOptions.CultureInvariant)]
    private static partial Regex ProductionLike();
}
