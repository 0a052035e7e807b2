using System.Globalization;
using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>How a container is, in one look.</summary>
/// <param name="Status">Healthy, Failed where it will not become so by itself, else Applied.</param>
/// <param name="Detail">Why it is not healthy.</param>
/// <param name="Ran">Whether its program was started.</param>
internal sealed record ContainerVerdict(ChangeStatus Status, string Detail, bool Ran);

/// <summary>
/// Says of a container whether it is well. Its own health check decides; what has none is well when it has run for a while and the engine
/// did not have to start it again meanwhile.
/// </summary>
internal static class ContainerJudge
{
    // The engine doubles its pauses from a tenth of a second on: the third comes within a second of crashing.
    private const int MaxRestarts = 3;
    private const int MaxProbe = 300;

    /// <summary>Judges a container.</summary>
    /// <param name="container">The container.</param>
    /// <param name="steady">Whether it was seen to run for long enough without a restart; for what has no health check.</param>
    /// <param name="needsCheck">Whether its health check has to pass: one that never did is not waited for.</param>
    public static ContainerVerdict Judge(JsonElement container, bool steady, bool needsCheck)
    {
        var ran = container.HasStarted();
        var restarts = container.Number("RestartCount") ?? 0;
        var check = container.Text("State", "Health", "Status");
        var (status, detail) = container.Status() switch
        {
            _ when restarts >= MaxRestarts => (ChangeStatus.Failed,
                string.Create(CultureInfo.InvariantCulture, $"it crashes: the engine started it again {restarts} times")
                    + (container.Status() == "running" ? "." : $" ({Exit(container)}).")),
            "running" when check is null or "" or "none" || !needsCheck => steady ? (ChangeStatus.Healthy, string.Empty)
                : (ChangeStatus.Applied, "it has no health check, and has not run for long enough without a restart."),
            "running" when check == "healthy" => (ChangeStatus.Healthy, string.Empty),
            "running" when check == "unhealthy" => (ChangeStatus.Failed, $"its health check says unhealthy{Probe(container)}."),
            "running" => (ChangeStatus.Applied, $"its health check is {check}{Probe(container)}."),
            "restarting" => (ChangeStatus.Applied, $"the engine starts it again ({Exit(container)})."),
            "paused" => (ChangeStatus.Applied, "it is paused."),
            "created" => (ChangeStatus.Failed, $"it was not started{Fault(container)}."),
            "exited" or "dead" => (ChangeStatus.Failed, $"it ended ({Exit(container)})."),
            var other => (ChangeStatus.Applied, $"it is {other}."),
        };
        return new ContainerVerdict(status, detail, ran);
    }

    private static string Exit(JsonElement container) => string.Create(CultureInfo.InvariantCulture,
        $"exit code {container.Number("State", "ExitCode") ?? 0}")
        + (container.IsTrue("State", "OOMKilled") ? ", out of memory" : string.Empty) + Fault(container);

    private static string Fault(JsonElement container) =>
        container.Text("State", "Error") is { Length: > 0 } fault ? $": {fault.TrimEnd('.')}" : string.Empty;

    private static string Probe(JsonElement container)
    {
        var output = container.Items("State", "Health", "Log").LastOrDefault() is { ValueKind: JsonValueKind.Object } last
            ? string.Join(' ', (last.Text("Output") ?? string.Empty).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)) : string.Empty;
        return output.Length == 0 ? string.Empty : $": {(output.Length > MaxProbe ? output[..MaxProbe] + "..." : output).TrimEnd('.')}";
    }
}
