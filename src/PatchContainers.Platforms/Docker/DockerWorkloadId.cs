using System.Diagnostics.CodeAnalysis;
using PatchContainers.Rollout;
using static PatchContainers.Inventory.WorkloadIdText;

namespace PatchContainers.Platforms.Docker;

/// <summary>
/// Names a container of an engine (<c>docker://HOST/web</c>) or a service of a swarm (<c>swarm://HOST/web</c>). HOST is the engine's address
/// or its docker context; slashes in it are <c>%2F</c>.
/// </summary>
/// <param name="Platform"><see cref="Docker"/> or <see cref="Swarm"/>.</param>
/// <param name="Host">What finds the engine again.</param>
/// <param name="Name">The container's or the service's name.</param>
internal sealed record DockerWorkloadId(string Platform, string Host, string Name)
{
    public const string Docker = RingTarget.Docker;
    public const string Swarm = RingTarget.Swarm;

    private const string Separator = "://";

    /// <summary>Reads an id.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it has not this form.</exception>
    public static DockerWorkloadId Parse(string text) => TryParse(text, out var id) ? id
        : throw new PatchException(PatchErrorCode.InvalidArgument, text,
            $"'{text}' is not the id of a container or a service: that is docker://HOST/web or swarm://HOST/web.");

    /// <summary>Reads an id; false where it has not this form.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DockerWorkloadId? id)
    {
        id = null;
        var end = text.IndexOf(Separator, StringComparison.Ordinal);
        var platform = end < 0 ? null : text[..end] switch { "docker" => Docker, "swarm" => Swarm, _ => null };
        if (platform is null || text[(end + Separator.Length)..].Split('/') is not [var host, var name]
            || Unescape(host) is not { Length: > 0 } engine || Unescape(name) is not { Length: > 0 } workload)
        {
            return false;
        }

        id = new DockerWorkloadId(platform, engine, workload);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(Platform == Docker ? "docker" : "swarm")}{Separator}{Escape(Host)}/{Escape(Name)}";
}
