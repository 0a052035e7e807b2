using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>Which containers are not recreated, and what to do instead.</summary>
internal static class ContainerRules
{
    private const string ComposeProject = "com.docker.compose.project";
    private const string SwarmService = "com.docker.swarm.service.id";
    private const string KubernetesPrefix = "io.kubernetes.";

    /// <summary>Why a container is not recreated; empty where it can be.</summary>
    /// <param name="container">The container.</param>
    /// <param name="neighbours">All of its engine.</param>
    /// <param name="force">Whether what another tool keeps is changed all the same.</param>
    public static string Refusal(JsonElement container, ContainerNeighbours neighbours, bool force)
    {
        var name = container.Name();
        if (container.Label(SwarmService) is { Length: > 0 })
        {
            return $"{name} is a task of a swarm's service, which would replace it: roll out to the service (swarm:).";
        }

        if (Labels(container).FirstOrDefault(l => l.StartsWith(KubernetesPrefix, StringComparison.Ordinal)) is not null)
        {
            return $"{name} belongs to a pod, whose node would replace it: roll out to its workload (kubernetes:).";
        }

        if (!force && ComposeOwner(container) is { } project)
        {
            return $"{name} belongs to the Compose project '{project}', whose next 'up' would make it as its file says: roll out to the "
                + "project (compose:). Force recreates the container all the same.";
        }

        if (container.IsTrue("HostConfig", "AutoRemove"))
        {
            return $"{name} was started with --rm: the engine removes it as soon as it is stopped, and nothing could be put back. Start it "
                + "without --rm, or start it from the new image yourself.";
        }

        if (container.Status() != "running")
        {
            return $"{name} is {container.Status()}: what does not run cannot be seen to run afterwards. Start it"
                + $"{(container.Status() == "paused" ? " again (docker unpause)" : string.Empty)}, or remove it.";
        }

        if (neighbours.SharersOf(container) is { Count: > 0 } sharers)
        {
            return $"{string.Join(", ", sharers)} {(sharers.Count == 1 ? "lives" : "live")} in the namespaces of {name} (--network, --pid or "
                + $"--ipc container:{name}) and would be cut off when it is recreated. Give them a network of their own, or start all of them "
                + "from the new image yourself.";
        }

        return neighbours.LinkedTo(container) is { Count: > 0 } linked
            ? $"{string.Join(", ", linked)} {(linked.Count == 1 ? "is" : "are")} linked to {name} (--link) and would lose it when it is "
                + "recreated. Put them on a network of their own, where names are looked up."
            : string.Empty;
    }

    /// <summary>
    /// Why nothing is recreated on Podman: what its API tells of a container is not enough to make it again. There is no health check in it,
    /// limits and signals have other words than it takes, and variables that it set itself look like the owner's.
    /// </summary>
    public static string Podman(ContainerTarget target) => $"{target.Name} runs on Podman, whose Docker API does not tell all that its owner "
        + "set (no health check), so that it could not be made again as it was. Let Podman do it (podman auto-update, quadlets), or roll out "
        + "to the file that it is made from (path:).";

    /// <summary>The Compose project that a container belongs to; null for none.</summary>
    public static string? ComposeOwner(JsonElement container) =>
        container.Label(ComposeProject) is { Length: > 0 } project ? project : null;

    private static IEnumerable<string> Labels(JsonElement container) => container.Texts("Config", "Labels").Keys;
}
