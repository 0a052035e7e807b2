using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>For how long nobody served, by the engine's own times: also where another process did the rest.</summary>
internal static class ServiceGap
{
    // How many results of a health check an engine keeps.
    private const int KeptResults = 5;

    /// <summary>From one container's end to the next one's start, in a sentence; empty where the engine does not tell.</summary>
    /// <param name="stopped">The container that was stopped.</param>
    /// <param name="started">The one that took its place; the same where it was started again.</param>
    public static string Words(JsonElement? stopped, JsonElement started)
    {
        if (stopped?.Time("State", "FinishedAt") is not { } from || started.Time("State", "StartedAt") is not { } to || to < from)
        {
            return string.Empty;
        }

        return FirstHealthy(started) is { } healthy && healthy >= to
            ? $"No service for {Seconds(to - from)}; healthy after {Seconds(healthy - from)}."
            : $"No service for {Seconds(to - from)}.";
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    // Where all that are kept passed, the first one that did may be gone.
    private static DateTimeOffset? FirstHealthy(JsonElement container)
    {
        var log = container.Items("State", "Health", "Log").ToArray();
        var first = Array.FindIndex(log, r => r.Number("ExitCode") == 0);
        return first < 0 || (first == 0 && log.Length >= KeptResults) ? null : log[first].Time("End");
    }
}
