using System.Management.Automation;

namespace PatchContainers.PowerShell.Pipeline;

/// <summary>Takes durations as they are written everywhere else: <c>4h</c>, <c>1h30m</c>. Other forms are PowerShell's own.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        ((inputData as PSObject)?.BaseObject ?? inputData) is string text && DurationText.TryParse(text, out var duration)
            ? duration
            : inputData;
}
