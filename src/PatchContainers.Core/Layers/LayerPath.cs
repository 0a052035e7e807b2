namespace PatchContainers.Layers;

/// <summary>
/// The one form of paths inside layers: from the root, without a leading or trailing slash, no empty, '.' or '..'
/// component.
/// </summary>
internal static class LayerPath
{
    /// <summary>The marker in front of a removed name (OCI image specification 1.1, layer.md, "Whiteouts").</summary>
    public const string WhiteoutPrefix = ".wh.";

    /// <summary>The name that makes its directory opaque.</summary>
    public const string OpaqueMarker = ".wh..wh..opq";

    /// <summary>As long as a path can be on Linux (<c>PATH_MAX</c>); a longer one cannot be unpacked.</summary>
    public const int MaxLength = 4096;

    /// <summary>The fault of a longer one.</summary>
    public const string TooLong = "it is longer than the 4,096 characters that a path can have";

    /// <summary>Normalizes a path as a tar writes it. The root becomes the empty string.</summary>
    /// <returns>The path, or null with <paramref name="fault"/> set, where it could lead out of the image's root.</returns>
    public static string? Normalize(string path, out string fault)
    {
        fault = string.Empty;
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            fault = "its name has a NUL in it";
            return null;
        }

        if (path.Length > MaxLength)
        {
            fault = TooLong;
            return null;
        }

        if (path.StartsWith('/'))
        {
            // Kaniko writes the root itself so.
            fault = path.Length == 1 ? string.Empty : "its name is absolute";
            return path.Length == 1 ? string.Empty : null;
        }

        if (IsNormal(path))
        {
            return path;
        }

        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToArray();
        if (parts.Contains(".."))
        {
            fault = "its name leads out of its directory with '..'";
            return null;
        }

        return string.Join('/', parts);
    }

    /// <summary>The directory of a normalized path; the empty string (the root) for a path of one component.</summary>
    public static ReadOnlySpan<char> Parent(ReadOnlySpan<char> path) => path[..Math.Max(0, path.LastIndexOf('/'))];

    /// <summary>The last component of a normalized path.</summary>
    public static ReadOnlySpan<char> Name(ReadOnlySpan<char> path) => path[(path.LastIndexOf('/') + 1)..];

    private static bool IsNormal(ReadOnlySpan<char> path)
    {
        while (true)
        {
            var slash = path.IndexOf('/');
            if ((slash < 0 ? path : path[..slash]) is "" or "." or "..")
            {
                return false;
            }

            if (slash < 0)
            {
                return true;
            }

            path = path[(slash + 1)..];
        }
    }
}
