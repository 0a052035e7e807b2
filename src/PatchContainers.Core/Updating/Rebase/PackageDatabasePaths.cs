namespace PatchContainers.Updating.Rebase;

/// <summary>
/// Where package managers keep what is installed. A layer that writes one of these hides the database of every layer below, so that
/// on a new base every scanner would read the old base's versions.
/// </summary>
internal static class PackageDatabasePaths
{
    private static readonly (string Path, bool IsFolder, string Manager)[] Table =
    [
        ("var/lib/dpkg/status", false, "dpkg"),
        ("var/lib/dpkg/status.d", true, "dpkg"),
        ("lib/apk/db/installed", false, "apk"),
        ("usr/lib/apk/db/installed", false, "apk"),
        ("var/lib/rpm", true, "rpm"),
        ("usr/lib/sysimage/rpm", true, "rpm"),
        ("var/lib/rpmmanifest", true, "rpm"),
        ("usr/lib/opkg/status", false, "opkg"),
        ("var/lib/opkg/status", false, "opkg"),
        ("var/lib/pacman/local", true, "pacman"),
        ("var/db/pkg", true, "Portage"),
    ];

    // rpm makes these when it only reads.
    private static readonly string[] NoData = [".rpm.lock", ".dbenv.lock", "rpmdb.sqlite-shm"];

    /// <summary>The package manager whose database the file is, or belongs to; null for any other file.</summary>
    public static string? Owner(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return NoData.Contains(name) || name.StartsWith("__db.", StringComparison.Ordinal)
            ? null
            : Table.FirstOrDefault(t => t.IsFolder ? IsBelow(path, t.Path) : path == t.Path).Manager;
    }

    /// <summary>The databases that lie at this path or below it.</summary>
    public static IEnumerable<(string Path, string Manager)> AtOrBelow(string path) =>
        Table.Where(t => t.Path == path || IsBelow(t.Path, path)).Select(t => (t.Path, t.Manager));

    private static bool IsBelow(string path, string folder) =>
        folder.Length == 0 || (path.Length > folder.Length && path[folder.Length] == '/'
            && path.StartsWith(folder, StringComparison.Ordinal));
}
