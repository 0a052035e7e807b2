namespace PatchContainers.Layers;

/// <summary>
/// What passes over layers found, kept in a folder by DiffID. Whatever is there can be made again: a file that is damaged is found
/// by its checksum and the layer read anew.
/// </summary>
public sealed class LayerCache
{
    private readonly string _folder;

    /// <summary>Opens the cache; the folder is made when something is kept.</summary>
    /// <param name="folder">The folder; <see cref="PatchState.Cache"/>.</param>
    public LayerCache(string folder) => _folder = Path.GetFullPath(folder);

    /// <summary>The folder.</summary>
    public string Folder => _folder;
}
