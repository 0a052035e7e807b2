using PatchContainers.Rollout.Windows;

namespace PatchContainers.Rollout;

/// <summary>What a plan must hold whatever it is for.</summary>
internal static class PatchPlanCheck
{
    /// <summary>Checks a plan, and what a request picks from it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>, naming what is wrong.</exception>
    public static void Run(PatchPlan plan, RolloutRequest request)
    {
        var source = Source(plan);
        var names = plan.Rings.Select(r => r.Name).ToList();
        if (names.Count == 0)
        {
            throw Fault(source, "Name at least one ring: a folder below the path, such as staging.");
        }

        if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
        {
            throw Fault(source, $"A ring is named twice: {string.Join(", ", names)}.");
        }

        foreach (var ring in plan.Rings)
        {
            Check(ring);
        }

        CheckRings(plan, request.Rings);

        var gates = plan.Rings.SelectMany(r => r.Gates).Select(g => g.Name).ToHashSet(StringComparer.Ordinal);
        if (request.SkipGates.FirstOrDefault(g => !gates.Contains(g)) is { } gate)
        {
            throw Fault(gate, $"No ring has a gate '{gate}' to skip. The gates are: "
                + $"{(gates.Count == 0 ? "none" : string.Join(", ", gates.Order(StringComparer.Ordinal)))}.");
        }
    }

    /// <summary>Checks that a plan has the rings that somebody named.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it has not.</exception>
    public static void CheckRings(PatchPlan plan, IReadOnlyList<string> rings)
    {
        var names = plan.Rings.Select(r => r.Name).ToArray();
        if (rings.FirstOrDefault(r => !names.Contains(r)) is { } unknown)
        {
            throw Fault(unknown, $"The plan '{Source(plan)}' has no ring '{unknown}'. It has: {string.Join(", ", names)}.");
        }
    }

    private static string Source(PatchPlan plan) => plan.Name.Length > 0 ? plan.Name : plan.Path;

    private static void Check(PatchRing ring)
    {
        if (ring.Gates.GroupBy(g => g.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw Fault(twice.Key, $"Two gates of the ring {ring.Name} have the name '{twice.Key}'. Give each its own.");
        }

        _ = PatchWindows.Parse(ring.Windows, ring.Freezes);
        if (ring.Timeout <= TimeSpan.Zero || ring.Soak < TimeSpan.Zero || ring.CanarySoak < TimeSpan.Zero)
        {
            throw Fault(ring.Name, $"The ring {ring.Name} has a time below zero, or no time to become ready.");
        }

        if (ring.Canary.IsAll && ring.CanarySoak > TimeSpan.Zero)
        {
            throw Fault(ring.Name, $"The ring {ring.Name} lets a canary soak and has none. Say how many replicas it has.");
        }
    }

    private static PatchException Fault(string target, string message) => new(PatchErrorCode.InvalidArgument, target, message);
}
