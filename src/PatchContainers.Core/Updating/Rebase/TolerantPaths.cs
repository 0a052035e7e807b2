namespace PatchContainers.Updating.Rebase;

/// <summary>
/// Paths that every package operation touches and nothing depends on: caches, logs and backups. Where base and application
/// both changed one, the application's stays and is reported; it refuses nothing.
/// </summary>
internal static class TolerantPaths
{
    // What ldconfig makes from the libraries that are there; the loader falls back to searching.
    private static readonly string[] Files = ["etc/ld.so.cache", "var/cache/ldconfig/aux-cache"];

    private static readonly string[] Folders = ["var/log", "var/cache"];

    // shadow's tools and dpkg keep the last version of their files beside them: passwd-, status-old.
    private static readonly string[] BackupEndings = ["-", "-old"];

    /// <summary>Whether a difference at this path may be reported instead of refused.</summary>
    public static bool Contains(string path) =>
        Files.Contains(path)
        || Folders.Any(f => path.StartsWith(f, StringComparison.Ordinal) && (path.Length == f.Length || path[f.Length] == '/'))
        || BackupEndings.Any(e => path.EndsWith(e, StringComparison.Ordinal));
}
