using PatchContainers.Scanning;

namespace PatchContainers.Rollout;

/// <summary>Passes a ring when its new images have no finding at or above a severity that has a fix.</summary>
public sealed class PolicyGate
{
    /// <summary>The kind's name in plans.</summary>
    public const string Kind = "policy";

    private PolicyGate()
    {
    }

    /// <summary>The gate as plans have it.</summary>
    /// <param name="severity">The lowest severity that counts.</param>
    public static RolloutGate Define(Severity severity) =>
        new(Kind, Kind, new Dictionary<string, string> { ["severity"] = severity.ToString() });
}
