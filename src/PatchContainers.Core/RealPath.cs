namespace PatchContainers;

/// <summary>The one name of a file or folder: its full path with every link on the way followed.</summary>
public static class RealPath
{
    // As Linux does (path_resolution(7)): more links than that are a loop.
    private const int MaxLinks = 40;

    /// <summary>Follows the links; what is not there keeps the name it has.</summary>
    /// <exception cref="IOException">The links form a loop.</exception>
    public static string Of(string path)
    {
        path = Path.GetFullPath(path);
        for (var links = 0; links <= MaxLinks; links++)
        {
            if (FollowFirstLink(path) is not { } next)
            {
                return path;
            }

            path = next;
        }

        throw new IOException($"'{path}' leads through more than {MaxLinks} links: they form a loop.");
    }

    /// <summary>Whether a path lies below a folder; both are real paths.</summary>
    /// <param name="path">The path.</param>
    /// <param name="folder">The folder, which is not below itself.</param>
    public static bool IsBelow(string path, string folder) => path.StartsWith(
        Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, OperatingSystem.IsWindows()
            ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    private static string? FollowFirstLink(string path)
    {
        var root = Path.GetPathRoot(path)!;
        var at = root.Length;
        while (at < path.Length)
        {
            var end = path.IndexOf(Path.DirectorySeparatorChar, at);
            end = end < 0 ? path.Length : end;
            var part = path[..end];
            if (new FileInfo(part).LinkTarget is { } target)
            {
                return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(part) ?? root, target) + path[end..]);
            }

            at = end + 1;
        }

        return null;
    }
}
