using System.Reflection;

namespace PatchContainers.Cli.Demo;

/// <summary>
/// The demo's folder. A file marks it as the demo's own: a folder without that mark is neither deleted nor written into, and of one
/// with it only the parts that the demo made are deleted.
/// </summary>
internal sealed class DemoWorkspace
{
    private const string Marker = ".patchcontainers-demo";
    private const string MarkerText =
        "The demo of PatchContainers made this folder, and may delete what it made in it: registry, state, deploy, data.\n";

    private const string ResourcePrefix = "Demo/Data/";

    private static readonly string[] Parts = ["registry", "state", "deploy", "data"];

    private DemoWorkspace(string root) => Root = root;

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The folder that stands for a registry.</summary>
    public string Registry => Path.Combine(Root, "registry");

    /// <summary>Advisories, cache, journal, history, settings.</summary>
    public string State => Path.Combine(Root, "state");

    /// <summary>The Kubernetes manifests and Compose files, a folder a ring.</summary>
    public string Deploy => Path.Combine(Root, "deploy");

    /// <summary>The package lists and advisories that everything is made from.</summary>
    public string Data => Path.Combine(Root, "data");

    public string OldPackages => Read("packages", "base-2023-07.status");

    public string NewPackages => Read("packages", "base-2023-12.status");

    public string ReportsPackages => Read("packages", "reports-added.status");

    public string OsRelease => Read("os-release");

    /// <summary>Makes the folder, or empties the one that an earlier demo made, and puts the data into it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="data">A folder with other data; null for the demo's own.</param>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.AlreadyExists"/>: there is something of this name that no demo made;
    /// <see cref="PatchErrorCode.NotFound"/>: the data's folder is not there;
    /// <see cref="PatchErrorCode.FileError"/>: files cannot be written or deleted.
    /// </exception>
    public static DemoWorkspace Create(string path, string? data)
    {
        var workspace = new DemoWorkspace(Path.GetFullPath(path));
        if (data is not null && !Directory.Exists(data))
        {
            throw new PatchException(PatchErrorCode.NotFound, data, $"The folder {data} with the demo's data does not exist.");
        }

        try
        {
            workspace.Claim();
            if (data is null)
            {
                workspace.WriteOwnData();
            }
            else
            {
                workspace.CopyData(Path.GetFullPath(data));
            }

            return workspace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, workspace.Root,
                $"The demo's folder {workspace.Root} cannot be made: {exception.Message}", exception);
        }
    }

    private void Claim()
    {
        var marker = Path.Combine(Root, Marker);
        if (File.Exists(Root) || (Directory.Exists(Root) && Directory.EnumerateFileSystemEntries(Root).Any() && !IsMarked(marker)))
        {
            throw new PatchException(PatchErrorCode.AlreadyExists, Root,
                $"{Root} is there already, and no demo made it (it has no {Marker} file): nothing in it was touched. "
                + "Name another folder with --path.");
        }

        Directory.CreateDirectory(Root);
        File.WriteAllText(marker, MarkerText);
        foreach (var part in Parts.Select(p => new DirectoryInfo(Path.Combine(Root, p))).Where(p => p.Exists))
        {
            // A link is removed, what it leads to is not.
            if (part.LinkTarget is null)
            {
                part.Delete(recursive: true);
            }
            else
            {
                part.Delete();
            }
        }

        foreach (var part in Parts)
        {
            Directory.CreateDirectory(Path.Combine(Root, part));
        }
    }

    private static bool IsMarked(string marker) => File.Exists(marker) && File.ReadAllText(marker) == MarkerText;

    private void WriteOwnData()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            var file = Path.Combine(Data, name[ResourcePrefix.Length..].Replace('/', Path.DirectorySeparatorChar));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using var source = assembly.GetManifestResourceStream(name)!;
            using var target = File.Create(file);
            source.CopyTo(target);
        }
    }

    private void CopyData(string data)
    {
        foreach (var file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(Data, Path.GetRelativePath(data, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private string Read(params string[] parts)
    {
        var file = Path.Combine([Data, .. parts]);
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, file, $"The demo's data lack {file}: {exception.Message}", exception);
        }
    }
}
