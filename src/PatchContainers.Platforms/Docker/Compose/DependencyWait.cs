using System.Text.Json;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;

namespace PatchContainers.Platforms.Docker.Compose;

/// <summary>Waits for what a service waits for, as Compose does before it starts one.</summary>
/// <param name="client">The engine.</param>
/// <param name="project">The project.</param>
/// <param name="pace">How often is looked, and how long.</param>
/// <param name="clock">The clock.</param>
internal sealed class DependencyWait(DockerClient client, ComposeProject project, ComposePace pace, TimeProvider clock)
{
    private readonly ProjectContainers _containers = new(client, project.Name);

    /// <summary>Waits: why it is in vain; empty where all is there.</summary>
    public async Task<string> RunAsync(string service, CancellationToken cancellationToken)
    {
        var end = clock.GetUtcNow() + pace.Patience;
        foreach (var dependency in project.DependenciesOf(service))
        {
            for (; ; await Task.Delay(pace.Interval, clock, cancellationToken).ConfigureAwait(false))
            {
                var (isThere, fault) = await LookAsync(dependency, cancellationToken).ConfigureAwait(false);
                if (isThere)
                {
                    break;
                }

                if (fault.Length > 0)
                {
                    return $"{service} waits for {dependency.Service}, and {fault}.";
                }

                if (clock.GetUtcNow() >= end)
                {
                    return $"{service} waits for {dependency.Service}, which was not "
                        + $"{(dependency.Condition == ComposeCondition.Healthy ? "healthy" : "done")} within {DurationText.Format(pace.Patience)}.";
                }
            }
        }

        return string.Empty;
    }

    private async Task<(bool IsThere, string Fault)> LookAsync(ComposeDependency dependency, CancellationToken cancellationToken)
    {
        var listed = await _containers.ListAsync(dependency.Service, cancellationToken).ConfigureAwait(false);
        if (listed.Count == 0)
        {
            return dependency.IsRequired ? (false, "there is no container of it") : (true, string.Empty);
        }

        var isThere = true;
        foreach (var container in listed)
        {
            var state = await client.Containers.InspectAsync(container.Id(), cancellationToken).ConfigureAwait(false);
            var (isWell, fault) = Judge(dependency.Condition, state);
            if (fault.Length > 0)
            {
                return (false, $"{container.ListedName()} {fault}");
            }

            isThere &= isWell;
        }

        return (isThere, string.Empty);
    }

    private static (bool IsThere, string Fault) Judge(ComposeCondition condition, JsonElement container)
    {
        var (status, code) = (container.Status(), container.Number("State", "ExitCode"));
        return condition switch
        {
            ComposeCondition.Completed when status == "exited" => code == 0 ? (true, string.Empty) : (false, $"ended with exit code {code}"),
            ComposeCondition.Completed => (false, string.Empty),
            _ when status is "created" or "restarting" => (false, string.Empty),
            _ when status != "running" => (false, $"is {status}"),
            ComposeCondition.Started => (true, string.Empty),
            _ => container.Text("State", "Health", "Status") switch
            {
                "healthy" => (true, string.Empty),
                "starting" => (false, string.Empty),
                "unhealthy" => (false, "is unhealthy"),
                _ => (false, "has no health check, which service_healthy asks for"),
            },
        };
    }
}

/// <summary>How a dependency is waited for.</summary>
/// <param name="Interval">How often is looked.</param>
/// <param name="Patience">How long at most.</param>
internal sealed record ComposePace(TimeSpan Interval, TimeSpan Patience)
{
    /// <summary>As everywhere but in tests.</summary>
    public static ComposePace Default { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(10));
}
