using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Inventory;

/// <summary>What a container changed in its own files since it was made, without what programs write anyway.</summary>
internal static class ChangedFiles
{
    /// <summary>How many are kept.</summary>
    public const int MaxFiles = 50;

    private static readonly string[] Ignored =
    [
        "/tmp", "/var/tmp", "/run", "/var/run", "/var/log", "/var/cache", "/var/spool", "/var/lock", "/dev", "/proc", "/sys", "/.dockerenv",
        "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab", "/root/.cache",
    ];

    /// <summary>The paths that differ from the image's, sorted, at most <see cref="MaxFiles"/>.</summary>
    /// <param name="changes">What the engine says.</param>
    /// <param name="mounts">Where volumes and folders are mounted: the engine makes these places in the container.</param>
    /// <param name="ignored">Files and folders that do not count besides.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<JsonElement> changes, IEnumerable<string> mounts, IEnumerable<string> ignored)
    {
        var skipped = Ignored.Concat(mounts).Concat(ignored).Select(p => p.TrimEnd('/')).Where(p => p.Length > 0).ToArray();
        var paths = changes.Select(c => c.Text("Path") ?? string.Empty).Where(p => p.Length > 0).ToHashSet(StringComparer.Ordinal);

        // A folder is listed when something in it is; the folders on the way to a mount are listed, too.
        var parents = paths.Concat(skipped).SelectMany(Parents).ToHashSet(StringComparer.Ordinal);
        return paths.Where(p => !parents.Contains(p) && !Array.Exists(skipped, s => IsBelow(p, s)))
            .Order(StringComparer.Ordinal).Take(MaxFiles).ToArray();
    }

    private static bool IsBelow(string path, string folder) => path.StartsWith(folder, StringComparison.Ordinal)
        && (path.Length == folder.Length || path[folder.Length] == '/');

    private static IEnumerable<string> Parents(string path)
    {
        for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
        {
            yield return path[..end];
        }
    }
}
