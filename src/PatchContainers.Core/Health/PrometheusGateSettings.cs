using PatchContainers.Endpoints;
using PatchContainers.Rollout;

namespace PatchContainers.Health;

/// <summary>A Prometheus gate as its plan has it.</summary>
internal sealed record PrometheusGateSettings
{
    // Prometheus' own limit of points a series (web/api/v1).
    private const int MaxPoints = 11_000;

    /// <summary>The settings that plans have for it.</summary>
    public static readonly IReadOnlyList<string> SettingNames =
    [
        "url", "query", "range", "step", "aggregate", "success", "failure", "maxIncrease", "maxDecrease", "series", "empty", "nan",
        "warnings", .. MeasurePlan.SettingNames, .. EndpointSettings.SettingNames,
    ];

    /// <summary>The server, with the path that stands before <c>/api/v1</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>The query.</summary>
    public required QueryTemplate Query { get; init; }

    /// <summary>How far back a range query looks; null for an instant query.</summary>
    public TimeSpan? Range { get; init; }

    /// <summary>The time between a range query's samples.</summary>
    public TimeSpan Step { get; init; }

    /// <summary>What makes one number of a range query's samples.</summary>
    public required RangeAggregate Aggregate { get; init; }

    /// <summary>When a series is well; null where only failing is defined.</summary>
    public ValueCondition? Success { get; init; }

    /// <summary>When a series has failed; null where only being well is defined.</summary>
    public ValueCondition? Failure { get; init; }

    /// <summary>How far a series may rise above its baseline; null where it may.</summary>
    public AllowedChange? MaxIncrease { get; init; }

    /// <summary>How far a series may fall below its baseline; null where it may.</summary>
    public AllowedChange? MaxDecrease { get; init; }

    /// <summary>Whether every series has to be well, or one of them.</summary>
    public bool NeedsEverySeries { get; init; }

    /// <summary>What an answer without any series leads to.</summary>
    public UnknownPolicy Empty { get; init; }

    /// <summary>What a value that is no number leads to.</summary>
    public UnknownPolicy NotANumber { get; init; }

    /// <summary>Whether what passed has passed although the server warns.</summary>
    public bool AcceptsWarnings { get; init; }

    /// <summary>How often it is measured.</summary>
    public required MeasurePlan Plan { get; init; }

    /// <summary>How the server is asked.</summary>
    public required EndpointSettings Endpoint { get; init; }

    /// <summary>Whether there is something to measure before the ring's first change.</summary>
    public bool NeedsBaseline => MaxIncrease is not null || MaxDecrease is not null;

    /// <summary>Reads a gate.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>, naming the gate and the setting.</exception>
    public static PrometheusGateSettings Parse(RolloutGate gate)
    {
        var settings = new SettingReader(gate, SettingNames);
        var endpoint = EndpointSettings.Parse(settings, TimeSpan.FromSeconds(30));
        var url = endpoint.ParseUrl(settings, "url", settings.Required("url"));
        if (url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            throw settings.Fault("url", "must end before /api/v1, without a query.");
        }

        settings.Required("query");
        var range = settings.Duration("range", TimeSpan.FromSeconds(1), TimeSpan.FromDays(31));
        if (range is null && (settings.Text("step") ?? settings.Text("aggregate")) is not null)
        {
            throw settings.Fault(settings.Text("step") is null ? "aggregate" : "step", "needs 'range' beside it.");
        }

        var step = settings.Duration("step", TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1))
            ?? TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling((range ?? TimeSpan.Zero).TotalSeconds / 60)));
        if (range / step > MaxPoints - 1)
        {
            throw settings.Fault("step", $"makes more than {MaxPoints:N0} points of 'range', which Prometheus refuses. Make it longer.");
        }

        var read = new PrometheusGateSettings
        {
            Url = url,
            Query = settings.Parsed("query", QueryTemplate.Parse)!,
            Range = range,
            Step = step,
            Aggregate = settings.Parsed("aggregate", RangeAggregate.Parse) ?? RangeAggregate.Parse(range is null ? "last" : "avg"),
            Success = settings.Parsed("success", ValueCondition.Parse),
            Failure = settings.Parsed("failure", ValueCondition.Parse),
            MaxIncrease = settings.Parsed("maxIncrease", AllowedChange.Parse),
            MaxDecrease = settings.Parsed("maxDecrease", AllowedChange.Parse),
            NeedsEverySeries = settings.Text("series") switch
            {
                null or "all" => true,
                "any" => false,
                var other => throw settings.Fault("series", $"is '{other}'; it has to be all or any."),
            },
            Empty = settings.Choice("empty", UnknownPolicy.Inconclusive),
            NotANumber = settings.Choice("nan", UnknownPolicy.Inconclusive),
            AcceptsWarnings = settings.Text("warnings") switch
            {
                null or "inconclusive" => false,
                "accept" => true,
                var other => throw settings.Fault("warnings", $"is '{other}'; it has to be inconclusive or accept."),
            },
            Plan = MeasurePlan.Parse(settings),
            Endpoint = endpoint,
        };
        return read.Empty == UnknownPolicy.Ignore
                ? throw settings.Fault("empty", "is 'ignore'; it has to be inconclusive, pass or fail.")
            : read is { Success: null, Failure: null, NeedsBaseline: false }
                ? throw new PatchException(PatchErrorCode.InvalidArgument, gate.Name, $"The gate '{gate.Name}' has nothing to judge by. "
                    + "Give it 'success', 'failure', 'maxIncrease' or 'maxDecrease'.")
            : read;
    }
}
