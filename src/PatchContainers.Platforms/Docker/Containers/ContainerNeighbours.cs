using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>All containers of an engine, and what they have of each other.</summary>
internal sealed class ContainerNeighbours
{
    private static readonly string[] Namespaces = ["NetworkMode", "PidMode", "IpcMode"];

    private readonly List<JsonElement> _containers;

    private ContainerNeighbours(List<JsonElement> containers) => _containers = containers;

    /// <summary>Reads them all, also those that do not run: they could not be started again.</summary>
    /// <exception cref="PatchException">The engine could not be asked.</exception>
    public static async Task<ContainerNeighbours> ReadAsync(ContainerTarget target, CancellationToken cancellationToken)
    {
        var containers = new List<JsonElement>();
        foreach (var listed in await target.Client.Containers.ListAsync(true, null, cancellationToken).ConfigureAwait(false))
        {
            if (await target.FindAsync(listed.Id(), cancellationToken).ConfigureAwait(false) is { } container)
            {
                containers.Add(container);
            }
        }

        return new ContainerNeighbours(containers);
    }

    /// <summary>Where volumes that a container has of others are mounted. Others that are gone are the engine's to complain of.</summary>
    public static async Task<IReadOnlySet<string>> BorrowedPlacesAsync(ContainerTarget target, JsonElement container,
        CancellationToken cancellationToken)
    {
        var places = new HashSet<string>(StringComparer.Ordinal);
        foreach (var from in container.Items("HostConfig", "VolumesFrom").Select(f => f.GetString() ?? string.Empty))
        {
            var lender = await target.FindAsync(from.Split(':')[0], cancellationToken).ConfigureAwait(false);
            places.UnionWith(lender?.Items("Mounts").Select(m => m.Text("Destination") ?? string.Empty) ?? []);
        }

        return places;
    }

    /// <summary>The names of those that live in a container's namespaces.</summary>
    public IReadOnlyList<string> SharersOf(JsonElement container) => [.. Others(container)
        .Where(o => Namespaces.Any(n => Means(o.Text("HostConfig", n), container))).Select(o => o.Name()).Order(StringComparer.Ordinal)];

    /// <summary>The names of those that are linked to a container (<c>--link</c>): by it, and not by its name.</summary>
    public IReadOnlyList<string> LinkedTo(JsonElement container) => [.. Others(container)
        .Where(o => o.Items("HostConfig", "Links").Any(l => l.GetString()?.Split(':')[0].TrimStart('/') == container.Name()))
        .Select(o => o.Name()).Order(StringComparer.Ordinal)];

    private IEnumerable<JsonElement> Others(JsonElement container) => _containers.Where(o => o.Id() != container.Id());

    // By the id, a part of it, or the name, as it was written.
    private static bool Means(string? mode, JsonElement container)
    {
        const string Prefix = "container:";
        return mode is not null && mode.StartsWith(Prefix, StringComparison.Ordinal) && mode[Prefix.Length..] is { Length: > 0 } other
            && (other == container.Name() || (other.Length >= 12 && container.Id().StartsWith(other, StringComparison.Ordinal)));
    }
}
