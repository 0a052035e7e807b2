using System.Globalization;
using PatchContainers.Rollout;

namespace PatchContainers.Health;

/// <summary>Says of an answer whether its series satisfy a gate's settings.</summary>
internal sealed class PrometheusJudge(PrometheusGateSettings settings, PrometheusBaseline? baseline)
{
    private const int MaxNamed = 3;

    /// <summary>One number a series, without those that are to be left out.</summary>
    public static IReadOnlyList<(string Labels, double Value)> Values(PrometheusGateSettings settings, PrometheusAnswer answer)
    {
        var values = new List<(string Labels, double Value)>();
        foreach (var series in answer.Series)
        {
            var samples = settings.NotANumber == UnknownPolicy.Ignore ? series.Samples.Where(s => !double.IsNaN(s)).ToArray()
                : series.Samples;
            if (samples.Count > 0)
            {
                values.Add((series.Labels, settings.Aggregate.Of(samples)));
            }
        }

        return values;
    }

    /// <summary>Judges an answer.</summary>
    public Measurement Judge(PrometheusAnswer answer)
    {
        var values = Values(settings, answer);
        var said = values.Count == 0 ? new Measurement(VerdictOf(settings.Empty), answer.Series.Count == 0 ? "The query gave no series."
                : "The query gave no series with a number.")
            : Sum([.. values.Select(v => Judge(v.Labels, v.Value)), .. Vanished(values)]);
        if (answer.Warnings.Count == 0)
        {
            return said;
        }

        var detail = $"{said.Detail} Prometheus warns: {string.Join("; ", answer.Warnings)}";
        return said.Verdict == GateVerdict.Passed && !settings.AcceptsWarnings ? new Measurement(GateVerdict.Inconclusive, detail)
            : said with { Detail = detail };
    }

    private Measurement Judge(string labels, double value)
    {
        var name = labels == "{}" ? "The value" : labels;
        if (double.IsNaN(value))
        {
            return new Measurement(VerdictOf(settings.NotANumber), $"{name} is not a number (NaN).");
        }

        var is_ = $"{name} is {Show(value)}";
        if (settings.Failure?.Holds(value) == true)
        {
            return new Measurement(GateVerdict.Failed, $"{is_}, which fails by '{settings.Failure}'.");
        }

        if (settings.Success?.Holds(value) == false)
        {
            return new Measurement(settings.Failure is null ? GateVerdict.Failed : GateVerdict.Inconclusive,
                settings.Failure is null ? $"{is_}, which is not '{settings.Success}'."
                    : $"{is_}: neither '{settings.Success}' (success) nor '{settings.Failure}' (failure).");
        }

        return baseline is null ? new Measurement(GateVerdict.Passed, $"{is_}.") : Compare(labels, value, is_);
    }

    private Measurement Compare(string labels, double value, string subject)
    {
        if (!baseline!.Values.TryGetValue(labels, out var before))
        {
            return new Measurement(GateVerdict.Inconclusive, $"{subject}, and there was no such series before the change to compare with. "
                + "Aggregate in the query, so that the labels stay the same.");
        }

        var move = value - before;
        var both = $"{subject}, and was {Show(before)} before the change";
        return double.IsNaN(move) ? new Measurement(GateVerdict.Inconclusive, $"{both}, which cannot be compared.")
            : settings.MaxIncrease?.Allows(move, before) == false
                ? new Measurement(GateVerdict.Failed, $"{both}: it rose by more than {settings.MaxIncrease}.")
            : settings.MaxDecrease?.Allows(-move, before) == false
                ? new Measurement(GateVerdict.Failed, $"{both}: it fell by more than {settings.MaxDecrease}.")
            : new Measurement(GateVerdict.Passed, $"{both}.");
    }

    private IEnumerable<Measurement> Vanished(IReadOnlyList<(string Labels, double Value)> values) => baseline is null ? []
        : baseline.Values.Keys.Except(values.Select(v => v.Labels)).Select(l => new Measurement(GateVerdict.Inconclusive,
            $"{l} was there before the change, and is no more."));

    private Measurement Sum(IReadOnlyList<Measurement> series)
    {
        // From what decides first to what decides last.
        GateVerdict[] order = settings.NeedsEverySeries ? [GateVerdict.Failed, GateVerdict.Inconclusive, GateVerdict.Passed]
            : [GateVerdict.Passed, GateVerdict.Inconclusive, GateVerdict.Failed];
        var verdict = order.First(v => series.Any(s => s.Verdict == v));
        var relevant = series.Where(s => s.Verdict == verdict).Select(s => s.Detail).ToArray();
        var more = relevant.Length > MaxNamed ? $" And {relevant.Length - MaxNamed} more of {series.Count} series." : string.Empty;
        return new Measurement(verdict, string.Join(' ', relevant.Take(MaxNamed)) + more);
    }

    private static GateVerdict VerdictOf(UnknownPolicy policy) => policy switch
    {
        UnknownPolicy.Pass => GateVerdict.Passed,
        UnknownPolicy.Fail => GateVerdict.Failed,
        _ => GateVerdict.Inconclusive,
    };

    private static string Show(double value) => double.IsFinite(value) ? value.ToString("G6", CultureInfo.InvariantCulture)
        : PrometheusResponse.WriteNumber(value);
}
