namespace PatchContainers.Rollout;

/// <summary>The steps of a planned rollout as lines of text, ring by ring and portion by portion.</summary>
public static class RolloutOutline
{
    /// <summary>The lines.</summary>
    /// <param name="steps">The steps of a rollout that is planned; see <see cref="RolloutPlan.ToRollout"/>.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<RolloutStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var portions = steps.GroupBy(s => s.Ring, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(s => s.Batch) ?? 0,
            StringComparer.Ordinal);
        (string Ring, int? Batch)? last = null;
        foreach (var step in steps)
        {
            var batches = portions[step.Ring];
            var here = (step.Ring, batches > 1 ? step.Batch : null);
            if (here != last)
            {
                yield return here.Item2 is { } batch ? FormattableString.Invariant($"{step.Ring}, batch {batch} of {batches}")
                    : batches > 1 && last?.Ring == step.Ring ? $"{step.Ring}, after the last batch" : step.Ring;
                last = here;
            }

            yield return $"  {step.Action} {step.Target}: {step.Detail}";
        }
    }
}
