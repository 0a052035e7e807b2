using PatchContainers.Rollout.Plans;

namespace PatchContainers.Platforms.Plans;

/// <summary>What is wrong with a plan file, and where its keys are: reading goes on after a fault, so that all are told at once.</summary>
internal sealed class PlanFaults
{
    // Nobody reads more, and a file made to fail costs a bounded amount.
    private const int MaxFaults = 200;

    private readonly List<PatchPlanFault> _faults = [];
    private readonly List<PatchPlanFault> _warnings = [];
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);

    /// <summary>How many faults there were, those that are not kept included.</summary>
    public int Count { get; private set; }

    public IReadOnlyList<PatchPlanFault> Faults => [.. _faults.OrderBy(f => f.Line)];

    public IReadOnlyList<PatchPlanFault> Warnings => [.. _warnings.OrderBy(f => f.Line)];

    public IReadOnlyDictionary<string, int> Lines => _lines;

    /// <summary>A text as messages quote it.</summary>
    public static string Short(string text) => text.Length <= 60 ? text : text[..60] + "...";

    public void Add(int line, string key, string message)
    {
        if (++Count <= MaxFaults)
        {
            _faults.Add(new PatchPlanFault { Line = line, Key = key, Message = message });
        }
    }

    public void Warn(int line, string key, string message) =>
        _warnings.Add(new PatchPlanFault { Line = line, Key = key, Message = message });

    public void Note(string key, int line) => _lines.TryAdd(key, line);
}
