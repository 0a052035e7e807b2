namespace PatchContainers.Scanning.Reports;

/// <summary>A package in a report of Clair v4, while it is read: its entry and its environments come in any order.</summary>
internal sealed class ClairPackage
{
    /// <summary>Whether its entry was read.</summary>
    public bool IsDescribed { get; set; }

    /// <summary>The binary package's name.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>The version.</summary>
    public string Version { get; set; } = string.Empty;

    /// <summary>The source package.</summary>
    public string Source { get; set; } = string.Empty;

    /// <summary>The layer that brought it.</summary>
    public string Layer { get; set; } = string.Empty;

    /// <summary>The id of its distribution; empty where it is of none.</summary>
    public string Distribution { get; set; } = string.Empty;

    /// <summary>Where it was found.</summary>
    public string Database { get; set; } = string.Empty;

    /// <summary>
    /// The kind of a package that was found in a place, and the file there. Claircore writes its finder's name before the path
    /// (<c>go:usr/bin/clair</c>, <c>sqlite:var/lib/rpm</c>), and nothing before the databases of dpkg and apk. A distribution's database is
    /// no file that a package was found by.
    /// </summary>
    /// <param name="database">The place, as <c>package_db</c> says it.</param>
    /// <param name="family">The distribution of the package; empty where it is of none.</param>
    public static (string Kind, string Path) Locate(string database, string family)
    {
        var (finder, path) = database.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? (database[..colon], database[(colon + 1)..]) : (string.Empty, database);
        return finder switch
        {
            "bdb" or "sqlite" or "ndb" => ("rpm", string.Empty),
            "go" => ("golang", path),
            "maven" or "jar" or "file" => ("maven", path),
            "python" => ("pypi", path),
            "nodejs" => ("npm", path),
            "ruby" => ("gem", path),
            _ when path.Contains("dpkg/status", StringComparison.Ordinal) => ("deb", string.Empty),
            _ when path.EndsWith("apk/db/installed", StringComparison.Ordinal) => ("apk", string.Empty),
            _ when path.Contains("lib/rpm", StringComparison.Ordinal) => ("rpm", string.Empty),
            _ => (PackageKinds.Of(string.Empty, family), database),
        };
    }
}
