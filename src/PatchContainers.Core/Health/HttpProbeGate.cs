using System.Text;
using System.Text.Json;
using PatchContainers.Endpoints;
using PatchContainers.Rollout;

namespace PatchContainers.Health;

/// <summary>
/// Asks addresses of the service itself whether a ring is well: by status, by the body's text, or by a value in its JSON. All of them
/// have to be well. A service that refuses or breaks the connection, or is too slow, has Failed unless the plan says otherwise; a name that
/// cannot be resolved says nothing of the service, and is <see cref="GateVerdict.Inconclusive"/>.
/// </summary>
public sealed class HttpProbeGate : IHealthGate
{
    /// <summary>The kind's name in plans.</summary>
    public const string Kind = "http";

    private const int MaxBody = 1024 * 1024;

    private readonly HttpProbeSettings _settings;
    private readonly Func<string, string?> _environment;
    private readonly TimeProvider _clock;

    private HttpProbeGate(string name, HttpProbeSettings settings, Func<string, string?> environment, TimeProvider clock)
    {
        Name = name;
        _settings = settings;
        _environment = environment;
        _clock = clock;
    }

    /// <summary>The settings that a plan may give; one that ends with a dot stands for all that begin with it.</summary>
    public static IReadOnlyList<string> SettingNames => HttpProbeSettings.SettingNames;

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The gate as plans have it.</summary>
    /// <param name="name">The gate's name, unique in its plan.</param>
    /// <param name="settings">The settings; docs/rollout.md has them.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a setting is wrong, missing or not known.</exception>
    public static RolloutGate Define(string name, IReadOnlyDictionary<string, string> settings)
    {
        var gate = new RolloutGate(name, Kind, settings);
        HttpProbeSettings.Parse(gate);
        return gate;
    }

    /// <summary>Makes a gate of what a plan has.</summary>
    /// <param name="gate">The gate as the plan has it.</param>
    /// <param name="environment">Reads environment variables, which secrets may be in.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a setting is wrong, missing or not known.</exception>
    public static HttpProbeGate Parse(RolloutGate gate, Func<string, string?> environment, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(gate);
        return new HttpProbeGate(gate.Name, HttpProbeSettings.Parse(gate), environment, clock);
    }

    /// <inheritdoc/>
    public async Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        Measurement said;
        try
        {
            var targets = _settings.Targets(context);
            said = targets.Count == 0 ? new Measurement(GateVerdict.Inconclusive, "There is no workload to ask.")
                : await MeasureSeries.RunAsync(_settings.Plan, token => MeasureAsync(targets, token), _clock, cancellationToken)
                    .ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            said = new Measurement(GateVerdict.Inconclusive, e.Message);
        }

        return new GateResult
        {
            Gate = Name,
            Verdict = said.Verdict,
            Detail = said.Detail,
            Digests = said.Verdict == GateVerdict.Passed ? [] : said.Digests,
            Time = _clock.GetUtcNow(),
        };
    }

    private async Task<Measurement> MeasureAsync(
        IReadOnlyList<(Uri Url, IReadOnlyList<string> Digests)> targets, CancellationToken cancellationToken)
    {
        // A connection that an earlier measurement left open would not show that new ones are refused.
        using var client = await EndpointClient.OpenAsync(_settings.Endpoint, _environment, _clock, cancellationToken)
            .ConfigureAwait(false);
        var answers = new List<Measurement>();
        foreach (var (url, digests) in targets)
        {
            answers.Add(await AskAsync(client, url, cancellationToken).ConfigureAwait(false) with { Digests = digests });
        }

        var worst = answers.Exists(a => a.Verdict == GateVerdict.Failed) ? GateVerdict.Failed
            : answers.Exists(a => a.Verdict == GateVerdict.Inconclusive) ? GateVerdict.Inconclusive : GateVerdict.Passed;
        var relevant = answers.FindAll(a => a.Verdict == worst);
        return new Measurement(worst, string.Join(' ', relevant.Take(3).Select(a => a.Detail))
            + (relevant.Count > 3 ? $" And {relevant.Count - 3} more." : string.Empty))
        {
            Digests = relevant.Exists(a => a.Digests.Count == 0) ? [] : [.. relevant.SelectMany(a => a.Digests).Distinct()],
        };
    }

    private async Task<Measurement> AskAsync(EndpointClient client, Uri url, CancellationToken cancellationToken)
    {
        EndpointAnswer answer;
        try
        {
            answer = await client.SendAsync(new EndpointCall(_settings.Method, url), MaxBody, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            var isOurs = e.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError
                or HttpRequestError.ProxyTunnelError };
            return new Measurement(!isOurs && _settings.Unreachable == UnknownPolicy.Fail ? GateVerdict.Failed : GateVerdict.Inconclusive,
                e.Message);
        }

        var (verdict, detail) = Judge(answer);
        return new Measurement(verdict, $"{EndpointClient.Show(url)} answered {(int)answer.Status}{detail}");
    }

    private (GateVerdict Verdict, string Detail) Judge(EndpointAnswer answer)
    {
        if (!_settings.Status.Has((int)answer.Status))
        {
            return (GateVerdict.Failed, $", which is not {_settings.Status}.");
        }

        if (answer.IsCut && (_settings.Contains ?? _settings.Equal) is not null)
        {
            return (GateVerdict.Inconclusive, $", with more than the {MaxBody:N0} bytes that are looked into.");
        }

        if (_settings.Contains is { } text && !Encoding.UTF8.GetString(answer.Body).Contains(text, StringComparison.Ordinal))
        {
            return (GateVerdict.Failed, $", without '{text}' in the body.");
        }

        return _settings.Pointer is { } pointer ? JudgeJson(answer.Body, pointer) : (GateVerdict.Passed, ".");
    }

    private (GateVerdict Verdict, string Detail) JudgeJson(byte[] body, JsonPointer pointer)
    {
        try
        {
            using var document = StrictJson.Parse(body);
            var found = pointer.Find(document.RootElement) is { } element
                ? element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText()
                : null;
            return found == _settings.Equal ? (GateVerdict.Passed, $", and {pointer} is '{found}'.")
                : (GateVerdict.Failed, found is null ? $", without {pointer} in its JSON."
                    : $", and {pointer} is '{(found.Length > 100 ? found[..100] + "..." : found)}', not '{_settings.Equal}'.");
        }
        catch (JsonException)
        {
            return (GateVerdict.Failed, ", and the body is not JSON.");
        }
    }
}
