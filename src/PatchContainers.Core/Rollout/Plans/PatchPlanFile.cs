namespace PatchContainers.Rollout.Plans;

/// <summary>A plan file as it was read.</summary>
public sealed record PatchPlanFile
{
    private const int ShownFaults = 5;

    /// <summary>The file, in full.</summary>
    public required string Path { get; init; }

    /// <summary>The plan's name; empty where it has none that can be read.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The plan; null where there are faults.</summary>
    public PatchPlan? Plan { get; init; }

    /// <summary>Everything that is wrong, in the order of the lines.</summary>
    public IReadOnlyList<PatchPlanFault> Faults { get; init; } = [];

    /// <summary>What is doubtful.</summary>
    public IReadOnlyList<PatchPlanFault> Warnings { get; init; } = [];

    /// <summary>The line of each key that was read, such as <c>rings[1].soak</c>.</summary>
    public IReadOnlyDictionary<string, int> Lines { get; init; } = new Dictionary<string, int>();

    /// <summary>The plan.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: there are faults; the message names them.</exception>
    public PatchPlan ToPlan() => Plan ?? throw new PatchException(PatchErrorCode.InvalidData, Path, $"'{Path}' is no valid plan: "
        + string.Join(' ', Faults.Take(ShownFaults).Select(f => EndSentence(f.ToString())))
        + (Faults.Count > ShownFaults ? $" And {Faults.Count - ShownFaults} more faults." : string.Empty));

    /// <summary>A fault or warning about a key, with its line, or that of the nearest key around it.</summary>
    internal PatchPlanFault At(string key, string message)
    {
        for (var around = key; around.Length > 0; around = around[..Math.Max(0, around.LastIndexOfAny(['.', '[']))])
        {
            if (Lines.TryGetValue(around, out var line))
            {
                return new PatchPlanFault { Line = line, Key = key, Message = message };
            }
        }

        return new PatchPlanFault { Key = key, Message = message };
    }

    private static string EndSentence(string text) => text.EndsWith('.') ? text : text + ".";
}
