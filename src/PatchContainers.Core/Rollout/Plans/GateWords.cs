using System.Globalization;
using PatchContainers.Health;

namespace PatchContainers.Rollout.Plans;

/// <summary>Gates in words.</summary>
internal static class GateWords
{
    private const int MaxQuery = 160;

    /// <summary>What a gate asks, behind its name.</summary>
    public static string Of(RolloutGate gate) => $"{gate.Name}: {Asks(gate)}";

    /// <summary>What a gate asks.</summary>
    public static string Asks(RolloutGate gate) => gate.Kind switch
    {
        PolicyGate.Kind => $"the new images have no finding at or above {gate.Settings[PolicyGate.SeveritySetting]} that has a fix"
            + (PolicyGate.ScannersOf(gate) is { Count: > 0 } scanners ? $", by {string.Join(" and ", scanners)}" : string.Empty),
        PrometheusGate.Kind => OfPrometheus(gate),
        HttpProbeGate.Kind => OfProbe(gate),
        _ => gate.Kind,
    };

    /// <summary>How long a gate measures at least before it can say that the ring has passed.</summary>
    public static TimeSpan AtLeast(RolloutGate gate)
    {
        var plan = gate.Kind switch
        {
            PrometheusGate.Kind => PrometheusGateSettings.Parse(gate).Plan,
            HttpProbeGate.Kind => HttpProbeSettings.Parse(gate).Plan,
            _ => new MeasurePlan(),
        };
        return ((plan.ConsecutiveSuccess ?? plan.Count) - 1) * plan.Interval;
    }

    private static string OfPrometheus(RolloutGate gate)
    {
        var settings = PrometheusGateSettings.Parse(gate);
        var conditions = new[] { ("success", "it has to be "), ("failure", "it has failed at "), ("maxIncrease", "it may rise by "),
            ("maxDecrease", "it may fall by ") }
            .Where(c => gate.Settings.ContainsKey(c.Item1))
            .Select(c => c.Item2 + gate.Settings[c.Item1] + (c.Item1.StartsWith("max", StringComparison.Ordinal)
                ? " against before the ring's first change" : string.Empty));
        var query = string.Join(' ', gate.Settings["query"].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return $"Prometheus at {settings.Url.GetLeftPart(UriPartial.Path)} is asked for '{(query.Length > MaxQuery ? query[..MaxQuery] + "..." : query)}'"
            + (settings.Range is { } range ? $" over {DurationText.Format(range)}" : string.Empty)
            + $": {string.Join(", ", conditions)}{Times(settings.Plan)}";
    }

    private static string OfProbe(RolloutGate gate)
    {
        var settings = HttpProbeSettings.Parse(gate);
        var also = settings.Contains is { } text ? $" with '{text}' in the body"
            : settings.Pointer is { } pointer ? $" with '{settings.Equal}' at {pointer} of its JSON" : string.Empty;
        return $"{settings.Method} {string.Join(", ", settings.Urls.Select(u => u.Split('?')[0]))} answers {settings.Status}{also}"
            + Times(settings.Plan);
    }

    private static string Times(MeasurePlan plan) => plan switch
    {
        { Count: 1 } => string.Empty,
        { ConsecutiveSuccess: { } success } => string.Create(CultureInfo.InvariantCulture,
            $"; {success} times in a row of at most {plan.Count}, every {DurationText.Format(plan.Interval)}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"; {plan.Count} times, every {DurationText.Format(plan.Interval)}"),
    };
}
