using PatchContainers.Endpoints;

namespace PatchContainers.Health;

/// <summary>How often something is measured, and how much of it may go wrong.</summary>
internal sealed record MeasurePlan
{
    /// <summary>The settings that plans have for it.</summary>
    public static readonly IReadOnlyList<string> SettingNames =
        ["count", "interval", "failureLimit", "consecutiveFailureLimit", "consecutiveSuccess", "inconclusiveLimit"];

    /// <summary>The most measurements that are taken.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The time from the beginning of one measurement to that of the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many measurements may fail.</summary>
    public int FailureLimit { get; init; }

    /// <summary>How many measurements in a row may fail; null where only the sum counts.</summary>
    public int? ConsecutiveFailureLimit { get; init; }

    /// <summary>How many measurements in a row have to pass, and then no more are taken; null where all are taken.</summary>
    public int? ConsecutiveSuccess { get; init; }

    /// <summary>How many measurements may be inconclusive.</summary>
    public int InconclusiveLimit { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: one is wrong, or they contradict each
    /// other.</exception>
    public static MeasurePlan Parse(SettingReader settings)
    {
        var success = settings.Number("consecutiveSuccess", 1, 10_000);
        var count = settings.Number("count", 1, 10_000) ?? success ?? 1;
        if (success > count)
        {
            throw settings.Fault("consecutiveSuccess", $"is {success}, which {count} measurements ('count') can never reach.");
        }

        var consecutive = Limit(settings, "consecutiveFailureLimit", count);

        // Whoever limits failures in a row alone lets single ones pass.
        var failures = Limit(settings, "failureLimit", count) ?? (consecutive is null ? 0 : count - 1);
        return new MeasurePlan
        {
            Count = count,
            Interval = settings.Duration("interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)) ?? TimeSpan.FromSeconds(10),
            FailureLimit = failures,
            ConsecutiveFailureLimit = consecutive,
            ConsecutiveSuccess = success,
            InconclusiveLimit = Limit(settings, "inconclusiveLimit", count) ?? 0,
        };
    }

    private static int? Limit(SettingReader settings, string name, int count)
    {
        var limit = settings.Number(name, 0, 10_000);
        return limit is null || limit < count ? limit
            : throw settings.Fault(name, $"is {limit}; of {count} measurements ('count') that would allow every one.");
    }
}
