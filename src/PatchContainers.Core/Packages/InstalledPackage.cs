namespace PatchContainers.Packages;

/// <summary>A package that an image contains, as its package database says.</summary>
public sealed record InstalledPackage
{
    /// <summary>The kind of package, in package-URL words: <c>deb</c>, <c>apk</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The binary package's name.</summary>
    public required string Name { get; init; }

    /// <summary>The version as written.</summary>
    public required string Version { get; init; }

    /// <summary>The package's architecture; empty where the database does not tell.</summary>
    public string Architecture { get; init; } = string.Empty;

    /// <summary>The source package (dpkg <c>Source</c>, apk <c>origin</c>); the binary's own name where the database names none.</summary>
    public required string SourceName { get; init; }

    /// <summary>The source package's version; the binary's own where the database names none.</summary>
    public required string SourceVersion { get; init; }

    /// <summary>The database that it stands in, a path in the image.</summary>
    public required string DatabasePath { get; init; }

    /// <summary>
    /// The number of the lowest layer whose database lists it in this version, from 0 at the bottom; null where that is not
    /// known.
    /// </summary>
    public int? Layer { get; init; }
}
