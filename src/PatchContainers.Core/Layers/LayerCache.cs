using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>
/// What passes over layers found, kept in a folder by DiffID: the entries once, and the selected files once a selection. Whatever is
/// there can be made again: a file that is damaged, or of another version, is found out and its layer read anew.
/// </summary>
public sealed class LayerCache
{
    private readonly string _folder;

    /// <summary>Opens the cache; folders are made when something is kept.</summary>
    /// <param name="folder">The folder; <see cref="PatchState.Cache"/>.</param>
    public LayerCache(string folder) => _folder = Path.Combine(Path.GetFullPath(folder), "layers");

    /// <summary>Gives what is kept; null where the layer has to be read.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>: the cache is there and cannot be read.</exception>
    internal async Task<LayerContent?> ReadAsync(Digest diffId, LayerSelection selection, CancellationToken cancellationToken)
    {
        if (await ReadFileAsync(EntriesPath(diffId), cancellationToken).ConfigureAwait(false) is not { } entries
            || LayerCacheFormat.ReadEntries(entries, diffId) is not { } table)
        {
            return null;
        }

        if (selection == LayerSelection.None)
        {
            return new LayerContent(diffId, table, LayerCacheFormat.NoFiles);
        }

        return await ReadFileAsync(FilesPath(diffId, selection), cancellationToken).ConfigureAwait(false) is { } files
            && LayerCacheFormat.ReadFiles(files, diffId, selection.Id) is { } captured
                ? new LayerContent(diffId, table, captured)
                : null;
    }

    /// <summary>Keeps what a pass found.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>: the cache cannot be written.</exception>
    internal async Task WriteAsync(LayerContent content, LayerSelection selection, CancellationToken cancellationToken)
    {
        await WriteFileAsync(EntriesPath(content.DiffId), LayerCacheFormat.WriteEntries(content), cancellationToken).ConfigureAwait(false);
        if (selection != LayerSelection.None)
        {
            var files = LayerCacheFormat.WriteFiles(content, selection.Id);
            await WriteFileAsync(FilesPath(content.DiffId, selection), files, cancellationToken).ConfigureAwait(false);
        }
    }

    private string EntriesPath(Digest diffId) => Path.Combine(_folder, diffId.Hex[..2], $"{diffId.Hex}.entries");

    private string FilesPath(Digest diffId, LayerSelection selection) =>
        Path.Combine(_folder, diffId.Hex[..2], $"{diffId.Hex}.{selection.Id}.files");

    private static async Task<byte[]?> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path,
                $"Cannot read {path} of the layer cache: {e.Message} Make it readable, delete it, or choose another state folder.", e);
        }
    }

    private static async Task WriteFileAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await DurableFile.WriteAsync(path, content, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path,
                $"Cannot write {path} of the layer cache: {e.Message} Make room, make it writable, or choose another state folder.", e);
        }
    }
}
