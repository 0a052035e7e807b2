using System.Text.Json.Nodes;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Swarm;

/// <summary>
/// What a change alters of a service's UpdateConfig, for as long as it takes: the plan's settings, and what holds a canary. As many tasks
/// as Parallelism says are replaced, and the manager then waits for Delay before it takes the next ones: that is longer than anybody waits.
/// </summary>
/// <param name="Original">The UpdateConfig before; null where there was none.</param>
/// <param name="First">The fields that are set with the image.</param>
/// <param name="Rest">The fields that are set when a canary goes on to all.</param>
internal sealed record UpdateSettings(JsonObject? Original, JsonObject First, JsonObject Rest)
{
    /// <summary>Names the label of the service that holds <see cref="Original"/> while it is altered.</summary>
    public const string Label = "patchcontainers/update-config";

    /// <summary>292 years, the most that the API takes.</summary>
    private const long Held = long.MaxValue;

    // What the manager does where nothing is said (api/defaults/service.go of swarmkit).
    private static readonly JsonObject s_defaults = new()
    {
        ["Parallelism"] = 1,
        ["Delay"] = 0,
        ["FailureAction"] = "pause",
        ["Monitor"] = 0,
        ["MaxFailureRatio"] = 0,
        ["Order"] = "stop-first",
    };

    /// <summary>Plans it; null where nothing is altered.</summary>
    /// <param name="original">The UpdateConfig as it is; null where there is none.</param>
    /// <param name="update">What the plan sets; null for nothing.</param>
    /// <param name="canary">How many tasks the canary has; 0 for none.</param>
    public static UpdateSettings? Of(JsonObject? original, SwarmUpdate? update, int canary)
    {
        var plan = Fields(update);
        foreach (var field in plan.Where(f => Is(ValueOf(original, f.Key), f.Value!)).Select(f => f.Key).ToList())
        {
            plan.Remove(field);
        }

        if (canary == 0)
        {
            return plan.Count == 0 ? null : new UpdateSettings(original, plan, new JsonObject());
        }

        var first = Copy(plan);
        first["Parallelism"] = canary;
        first["Delay"] = Held;
        var rest = Copy(plan);
        if (Is(ValueOf(original, "FailureAction"), "rollback"))
        {
            // What the manager would go back to then is the canary, with the new image.
            rest["FailureAction"] = "pause";
        }

        return new UpdateSettings(original, first, rest);
    }

    /// <summary>Whether an UpdateConfig holds a canary.</summary>
    public static bool IsHeld(JsonObject? config) => Is(ValueOf(config, "Delay"), Held);

    /// <summary>The fields that someone else has set since they were read.</summary>
    public IReadOnlyList<string> Foreign(JsonObject? config) =>
        [.. Altered.Where(f => !Is(ValueOf(config, f), ValueOf(Original, f)) && !IsOurs(config, f)).Order(StringComparer.Ordinal)];

    /// <summary>The UpdateConfig with the image that is written, and the canary.</summary>
    public JsonObject? ForFirst(JsonObject? config) => Set(config, First);

    /// <summary>The UpdateConfig that lets a canary go on to all.</summary>
    public JsonObject? ForRest(JsonObject? config) => Set(config, Rest);

    /// <summary>The UpdateConfig as it was. A field that someone else has set since is theirs, and stays.</summary>
    public JsonObject? Restored(JsonObject? config) => Set(config, new JsonObject());

    private IEnumerable<string> Altered => First.Select(f => f.Key).Union(Rest.Select(f => f.Key));

    private static JsonObject Fields(SwarmUpdate? update)
    {
        var fields = new JsonObject();
        Add("Parallelism", update?.Parallelism);
        Add("Delay", Nanoseconds(update?.Delay));
        Add("Monitor", Nanoseconds(update?.Monitor));
        Add("MaxFailureRatio", update?.MaxFailureRatio);
        Add("Order", update?.Order switch { null => null, SwarmOrder.StartFirst => "start-first", _ => "stop-first" });
        return fields;

        void Add(string name, JsonNode? value)
        {
            if (value is not null)
            {
                fields[name] = value;
            }
        }

        static long? Nanoseconds(TimeSpan? time) => time is { } span ? checked(span.Ticks * TimeSpan.NanosecondsPerTick) : null;
    }

    private JsonObject? Set(JsonObject? config, JsonObject values)
    {
        var result = config is null ? new JsonObject { ["Parallelism"] = 1 } : Copy(config);
        var foreign = Foreign(config);
        foreach (var field in Altered.Except(foreign))
        {
            if ((values[field] ?? Original?[field]) is { } value)
            {
                result[field] = value.DeepClone();
            }
            else if (Original is null && field == "Parallelism")
            {
                result[field] = 1;
            }
            else
            {
                result.Remove(field);
            }
        }

        return Original is null && s_defaults.All(f => Is(ValueOf(result, f.Key), f.Value!)) ? null : result;
    }

    private bool IsOurs(JsonObject? config, string field) =>
        (First[field] is { } first && Is(ValueOf(config, field), first)) || (Rest[field] is { } rest && Is(ValueOf(config, field), rest));

    // An absent field, and an absent UpdateConfig, mean something: only Parallelism means another thing in each.
    private static JsonNode ValueOf(JsonObject? config, string field) => config?[field]
        ?? (config is not null && field == "Parallelism" ? JsonValue.Create(0) : s_defaults[field]!);

    // The manager keeps a ratio in single precision.
    private static bool Is(JsonNode value, JsonNode other) => value.GetValueKind() == System.Text.Json.JsonValueKind.Number
        && other.GetValueKind() == System.Text.Json.JsonValueKind.Number
            ? (Integer(value), Integer(other)) is ({ } a, { } b) ? a == b : float.Parse(value.ToJsonString(), Invariant) == float.Parse(
                other.ToJsonString(), Invariant)
            : JsonNode.DeepEquals(value, other);

    private static long? Integer(JsonNode value) =>
        long.TryParse(value.ToJsonString(), System.Globalization.NumberStyles.AllowLeadingSign, Invariant, out var number) ? number : null;

    private static IFormatProvider Invariant => System.Globalization.CultureInfo.InvariantCulture;

    private static JsonObject Copy(JsonObject fields) => (JsonObject)fields.DeepClone();
}
