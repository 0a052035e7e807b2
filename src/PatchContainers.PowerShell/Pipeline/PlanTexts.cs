using PatchContainers.Rollout;
using PatchContainers.Updating;

namespace PatchContainers.PowerShell.Pipeline;

/// <summary>Plans in words, for -WhatIf and -Confirm.</summary>
internal static class PlanTexts
{
    public static string Of(BaseImageUpdate preview) => preview.Status switch
    {
        UpdateStatus.Refused =>
            $"Record that {preview.Image} is not updated: {string.Join(' ', preview.Rejected.Select(r => r.Reason).Distinct())}",
        UpdateStatus.UpToDate => $"Record that {preview.Image} is up to date.",
        _ => $"Write {preview.NewImage} ({preview.NewDigest}) from {preview.Image} ({preview.Digest}): "
            + $"{preview.Strategy} onto {preview.Base.Name} ({preview.Base.CurrentDigest}), "
            + FormattableString.Invariant($"{preview.Fixed.Count} findings fixed, {preview.Introduced.Count} introduced"),
    };

    public static string Of(RolloutPlan plan)
    {
        var lines = new List<string>
        {
            $"Roll out {(plan.Name.Length > 0 ? "by the plan " : "in ")}{plan.Scope}, ring by ring: "
            + $"{string.Join(", ", plan.Rings.Select(r => r.Name))}; on failure: {plan.OnFailure}"
            + (plan.SkippedGates.Count > 0 ? $"; not asked: {string.Join(", ", plan.SkippedGates)}" : string.Empty),
        };
        lines.AddRange(RolloutOutline.Lines(plan.ToRollout().Steps).Select(l => "  " + l));
        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>What would become of a rollout.</summary>
    public static string Of(PatchRollout preview) =>
        string.Join(Environment.NewLine, RolloutOutline.Lines(preview.Steps).Select(l => "  " + l).Prepend(preview.Reason));
}
