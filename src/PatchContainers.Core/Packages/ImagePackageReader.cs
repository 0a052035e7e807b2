using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages.Apk;
using PatchContainers.Packages.Dpkg;
using PatchContainers.Stores;

namespace PatchContainers.Packages;

/// <summary>Reads which packages an image contains: dpkg and apk databases and <c>os-release</c>, over all its layers.</summary>
public sealed class ImagePackageReader
{
    // Databases that are known and not read: saying nothing about them would pass for an image without faults.
    private static readonly (string Path, string Kind)[] OtherDatabases =
    [
        ("var/lib/rpm/Packages", "rpm"), ("var/lib/rpm/Packages.db", "rpm"), ("var/lib/rpm/rpmdb.sqlite", "rpm"),
        ("usr/lib/sysimage/rpm/Packages", "rpm"), ("usr/lib/sysimage/rpm/Packages.db", "rpm"), ("usr/lib/sysimage/rpm/rpmdb.sqlite", "rpm"),
        ("var/lib/rpmmanifest/container-manifest-2", "rpm"),
        ("usr/lib/opkg/status", "opkg"), ("var/lib/opkg/status", "opkg"),
        ("var/lib/pacman/local", "pacman"), ("var/db/pkg", "Portage"),
    ];

    private readonly LayerSource _layers;

    /// <summary>Makes a reader.</summary>
    public ImagePackageReader(LayerSource layers) => _layers = layers;

    /// <summary>The files that a pass over a layer has to keep for this reader.</summary>
    public static LayerSelection Selection { get; } = new("packages-1", static path =>
        DpkgDatabase.IsPart(path) || ApkDatabase.Paths.Contains(path) || OsReleaseReader.Paths.Contains(path));

    /// <summary>Reads the packages of one platform of an image.</summary>
    /// <param name="repository">Any reference of the repository that holds the layers.</param>
    /// <param name="image">The platform's manifest and config.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PatchException">What <see cref="LayerSource.ReadAsync"/> says.</exception>
    public async Task<ImagePackages> ReadAsync(
        ImageReference repository, PlatformImage image, CancellationToken cancellationToken = default) =>
        Read(new SquashedView(await _layers.ReadAllAsync(repository, image, Selection, cancellationToken).ConfigureAwait(false)));

    /// <summary>Reads the packages of layers that were read with <see cref="Selection"/>.</summary>
    public static ImagePackages Read(SquashedView view)
    {
        var packages = new List<InstalledPackage>();
        var unassessed = new List<UnassessedPackage>();
        var databases = new List<string>();
        foreach (var (path, read) in Databases(view, unassessed))
        {
            if (Follow(view.ReadFile, path, unassessed) is { } file && !databases.Contains(file.Path))
            {
                databases.Add(file.Path);
                AddDatabase(view, file, read, packages, unassessed);
            }
        }

        foreach (var (path, kind) in OtherDatabases)
        {
            if (Follow(p => view.Resolve(p)?.Entry.Path, path, unassessed) is not null)
            {
                databases.Add(path);
                unassessed.Add(new UnassessedPackage(path, string.Empty,
                    $"{path}: {kind} databases are not read yet; none of its packages was looked at."));
            }
        }

        if (databases.Count == 0)
        {
            unassessed.Add(new UnassessedPackage("/", string.Empty,
                "The image has no package database that is known (dpkg, apk, rpm): nothing can be said about what is in it."));
        }
        else if (packages.Count == 0 && unassessed.Count == 0)
        {
            unassessed.Add(new UnassessedPackage(databases[0], string.Empty, $"{string.Join(", ", databases)}: no package is listed."));
        }

        return new ImagePackages { Os = ReadOs(view, unassessed), Packages = packages.ToArray(), Unassessed = unassessed.ToArray() };
    }

    private static IEnumerable<(string Path, Func<ReadOnlyMemory<byte>, string, PackageDatabase> Read)> Databases(
        SquashedView view, List<UnassessedPackage> unassessed)
    {
        yield return (DpkgDatabase.StatusPath, DpkgDatabase.Read);
        if (Follow(p => view.Resolve(p)?.Entry.Path, DpkgDatabase.StatusFolder, unassessed) is { } folder)
        {
            foreach (var (entry, _) in view.EnumerateBelow(folder))
            {
                var path = $"{DpkgDatabase.StatusFolder}{entry.Path.AsSpan(folder.Length)}";
                if (DpkgDatabase.IsStatusFile(path))
                {
                    yield return (path, DpkgDatabase.Read);
                }
            }
        }

        foreach (var path in ApkDatabase.Paths)
        {
            yield return (path, ApkDatabase.Read);
        }
    }

    private static void AddDatabase(SquashedView view, SquashedFile file, Func<ReadOnlyMemory<byte>, string, PackageDatabase> read,
        List<InstalledPackage> packages, List<UnassessedPackage> unassessed)
    {
        if (file.Content is not { } content)
        {
            unassessed.Add(NotKept(file));
            return;
        }

        var database = read(content, file.Path);
        unassessed.AddRange(database.Unassessed);

        // From the top downwards: the last layer that lists a package in this version is the lowest.
        var lowest = new Dictionary<(string, string, string), int>();
        foreach (var package in database.Packages)
        {
            lowest[Key(package)] = file.Layer;
        }

        for (var layer = file.Layer - 1; layer >= 0; layer--)
        {
            if (view.Layers[layer].Files.TryGetValue(file.Path, out var below))
            {
                foreach (var key in read(below, file.Path).Packages.Select(Key).Where(lowest.ContainsKey))
                {
                    lowest[key] = layer;
                }
            }
        }

        packages.AddRange(database.Packages.Select(p => p with { Layer = lowest[Key(p)] }));
    }

    private static (string Name, string Architecture, string Version) Key(InstalledPackage package) =>
        (package.Name, package.Architecture, package.Version);

    private static OsRelease? ReadOs(SquashedView view, List<UnassessedPackage> unassessed)
    {
        foreach (var path in OsReleaseReader.Paths)
        {
            if (Follow(view.ReadFile, path, unassessed) is { } file)
            {
                if (file.Content is { } content)
                {
                    return OsReleaseReader.Parse(content.Span);
                }

                unassessed.Add(NotKept(file));
            }
        }

        return null;
    }

    // Links in a circle spoil what is behind them, not the rest of the image.
    private static T? Follow<T>(Func<string, T?> follow, string path, List<UnassessedPackage> unassessed)
        where T : class
    {
        try
        {
            return follow(path);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.InvalidData)
        {
            unassessed.Add(new UnassessedPackage(path, string.Empty, e.Message));
            return null;
        }
    }

    private static UnassessedPackage NotKept(SquashedFile file) => new(file.Path, string.Empty,
        $"{file.Path}: a link leads to it from its usual place, where it is not looked for; it was not read.");
}
