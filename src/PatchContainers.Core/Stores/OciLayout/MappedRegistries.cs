using System.Runtime.CompilerServices;
using PatchContainers.Images;

namespace PatchContainers.Stores.OciLayout;

/// <summary>Folders that stand for registries: one layout per repository, at <c>DIR/&lt;repository&gt;</c>.</summary>
internal sealed class MappedRegistries
{
    private const string Prefix = "oci:";

    // Sorted, so that lists have one order.
    private readonly SortedDictionary<string, string> _folders = new(StringComparer.Ordinal);

    /// <param name="map">Host to <c>oci:DIR</c>.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a key is no host, or a value no
    /// <c>oci:DIR</c>.</exception>
    public MappedRegistries(IReadOnlyDictionary<string, string> map)
    {
        foreach (var (host, target) in map)
        {
            if (!ImageReference.TryParseRegistry(host, out var registry))
            {
                throw new PatchException(PatchErrorCode.InvalidArgument, host,
                    $"The registry map has '{host}', which is no registry's host. Write host or host:port, as in image names.");
            }

            if (!target.StartsWith(Prefix, StringComparison.Ordinal) || string.IsNullOrWhiteSpace(target[Prefix.Length..]))
            {
                throw new PatchException(PatchErrorCode.InvalidArgument, target,
                    $"The registry map sends '{host}' to '{target}'. Write oci:DIR.");
            }

            if (!_folders.TryAdd(registry, Path.GetFullPath(target[Prefix.Length..])))
            {
                throw new PatchException(PatchErrorCode.InvalidArgument, host, $"The registry map has the host '{registry}' twice.");
            }
        }
    }

    public bool Contains(ImageReference reference) =>
        reference.Transport == ImageTransport.Registry && _folders.ContainsKey(reference.Registry);

    /// <summary>The layout of a reference's repository.</summary>
    public string FolderOf(ImageReference reference)
    {
        var root = _folders[reference.Registry];
        var folder = Path.GetFullPath(Path.Combine(root, reference.Repository));

        // A reference cannot hold '..'; were it ever to, nothing outside of the folder may be touched.
        return folder.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? folder
            : throw new PatchException(PatchErrorCode.InvalidArgument, reference.ToString(),
                $"The repository '{reference.Repository}' leads out of the folder {root}.");
    }

    /// <summary>All layouts of all folders, as <c>host/repository</c>, ordered.</summary>
    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var (host, root) in _folders)
        {
            if (!Directory.Exists(root))
            {
                throw new PatchException(PatchErrorCode.NotFound, host,
                    $"The folder {root}, which stands for the registry '{host}', does not exist.");
            }

            foreach (var repository in Layouts(root, string.Empty))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return $"{host}/{repository}";
            }
        }
    }

    private static IEnumerable<string> Layouts(string root, string below)
    {
        string[] names;
        try
        {
            var folders = Directory.EnumerateDirectories(Path.Combine(root, below));
            names = [.. folders.Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, root,
                $"The folder {Path.Combine(root, below)} cannot be listed: {e.Message}", e);
        }

        foreach (var name in names)
        {
            var repository = below.Length == 0 ? name : $"{below}/{name}";

            // Of a layout's own folder 'blobs' no one has a repository inside.
            if (below.Length > 0 && name == "blobs" && OciLayoutFolder.IsLayout(Path.Combine(root, below)))
            {
                continue;
            }

            if (OciLayoutFolder.IsLayout(Path.Combine(root, repository))
                && ImageReference.TryParse($"registry.invalid/{repository}:tag", out _, out _))
            {
                yield return repository;
            }

            // A link may lead back to a folder above.
            if (new DirectoryInfo(Path.Combine(root, repository)).LinkTarget is not null)
            {
                continue;
            }

            foreach (var inner in Layouts(root, repository))
            {
                yield return inner;
            }
        }
    }
}
