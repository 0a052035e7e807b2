using System.Globalization;

namespace PatchContainers.Rollout.Plans;

/// <summary>What is wrong with a plan file, or doubtful about it.</summary>
public sealed record PatchPlanFault
{
    /// <summary>The line, from 1; 0 where it is about the whole file.</summary>
    public int Line { get; init; }

    /// <summary>The key, such as <c>rings[1].canary.size</c>; empty where it is about the whole file.</summary>
    public string Key { get; init; } = string.Empty;

    /// <summary>What is wrong, and what to write instead. Never a secret.</summary>
    public required string Message { get; init; }

    /// <summary>All of it as one sentence.</summary>
    public override string ToString() => (Line, Key) switch
    {
        (0, _) => Message,
        (_, "") => string.Create(CultureInfo.InvariantCulture, $"line {Line}: {Message}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"line {Line}, {Key}: {Message}"),
    };
}
