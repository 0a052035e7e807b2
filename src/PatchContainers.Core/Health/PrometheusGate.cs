using PatchContainers.Rollout;

namespace PatchContainers.Health;

/// <summary>
/// Asks Prometheus whether a ring is well: the values of a query against conditions, against what they were before the ring's first change,
/// or both. What Prometheus cannot answer, and Prometheus that does not answer, is <see cref="GateVerdict.Inconclusive"/>.
/// </summary>
public sealed class PrometheusGate : IHealthGate
{
    /// <summary>The kind's name in plans.</summary>
    public const string Kind = "prometheus";

    private const int BaselineAttempts = 3;

    private readonly PrometheusGateSettings _settings;
    private readonly Func<string, string?> _environment;
    private readonly TimeProvider _clock;

    private PrometheusGate(string name, PrometheusGateSettings settings, Func<string, string?> environment, TimeProvider clock)
    {
        Name = name;
        _settings = settings;
        _environment = environment;
        _clock = clock;
    }

    /// <summary>The settings that a plan may give; one that ends with a dot stands for all that begin with it.</summary>
    public static IReadOnlyList<string> SettingNames => PrometheusGateSettings.SettingNames;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool ComparesWithBaseline => _settings.NeedsBaseline;

    /// <summary>The gate as plans have it.</summary>
    /// <param name="name">The gate's name, unique in its plan.</param>
    /// <param name="settings">The settings; docs/rollout.md has them.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a setting is wrong, missing or not known.</exception>
    public static RolloutGate Define(string name, IReadOnlyDictionary<string, string> settings)
    {
        var gate = new RolloutGate(name, Kind, settings);
        PrometheusGateSettings.Parse(gate);
        return gate;
    }

    /// <summary>Makes a gate of what a plan has.</summary>
    /// <param name="gate">The gate as the plan has it.</param>
    /// <param name="environment">Reads environment variables, which secrets may be in.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a setting is wrong, missing or not known.</exception>
    public static PrometheusGate Parse(RolloutGate gate, Func<string, string?> environment, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return new PrometheusGate(gate.Name, PrometheusGateSettings.Parse(gate), environment, clock);
    }

    /// <inheritdoc/>
    public async Task<string?> MeasureBaselineAsync(
        string ring, IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default)
    {
        if (!_settings.NeedsBaseline)
        {
            return null;
        }

        // There is one chance: afterwards the ring is no longer as it was.
        var interval = _settings.Plan.Interval < TimeSpan.FromSeconds(5) ? _settings.Plan.Interval : TimeSpan.FromSeconds(5);
        for (var attempt = 1; ; attempt++)
        {
            PrometheusBaseline baseline;
            try
            {
                using var client = await OpenAsync(cancellationToken).ConfigureAwait(false);
                var answer = await AskAsync(client, new GatePlaces(ring, changes), cancellationToken).ConfigureAwait(false);
                baseline = answer.Warnings.Count == 0 || _settings.AcceptsWarnings
                    ? PrometheusBaseline.Of(PrometheusJudge.Values(_settings, answer))
                    : PrometheusBaseline.OfFault($"Prometheus warned: {string.Join("; ", answer.Warnings)}");
            }
            catch (PatchException e)
            {
                baseline = PrometheusBaseline.OfFault(e.Message);
            }

            if (baseline.Fault is null || attempt == BaselineAttempts)
            {
                return baseline.ToString();
            }

            await Task.Delay(interval, _clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var said = await MeasureAsync(context, cancellationToken).ConfigureAwait(false);
        return new GateResult { Gate = Name, Verdict = said.Verdict, Detail = said.Detail, Time = _clock.GetUtcNow() };
    }

    private async Task<Measurement> MeasureAsync(GateContext context, CancellationToken cancellationToken)
    {
        var baseline = _settings.NeedsBaseline ? PrometheusBaseline.Parse(context.Baseline) : null;
        if (baseline?.Fault is { } fault)
        {
            return new Measurement(GateVerdict.Inconclusive, $"There is no baseline to compare with: {fault}");
        }

        try
        {
            var places = new GatePlaces(context.Ring, context.Changes);
            var judge = new PrometheusJudge(_settings, baseline);
            using var client = await OpenAsync(cancellationToken).ConfigureAwait(false);
            return await MeasureSeries.RunAsync(_settings.Plan,
                async token => judge.Judge(await AskAsync(client, places, token).ConfigureAwait(false)), _clock, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            return new Measurement(GateVerdict.Inconclusive, e.Message);
        }
    }

    private Task<PrometheusClient> OpenAsync(CancellationToken cancellationToken) =>
        PrometheusClient.OpenAsync(_settings.Url, _settings.Endpoint, _environment, _clock, cancellationToken);

    private Task<PrometheusAnswer> AskAsync(PrometheusClient client, GatePlaces places, CancellationToken cancellationToken)
    {
        var query = _settings.Query.Fill(places);
        var now = _clock.GetUtcNow();
        return _settings.Range is { } range
            ? client.QueryRangeAsync(query, now - range, now, _settings.Step, cancellationToken)
            : client.QueryAsync(query, cancellationToken);
    }
}
