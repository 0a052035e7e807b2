namespace PatchContainers.Rollout.Journal;

/// <summary>A file, replaced as a whole under a lock between processes. Killed anywhere, it holds the old document or the new one.</summary>
/// <param name="path">The file; its folder need not be there.</param>
/// <param name="clock">The time.</param>
internal sealed class FileDocument(string path, TimeProvider clock) : ISharedDocument
{
    public string Name => path;

    public async Task<byte[]?> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path, $"'{path}' could not be read: {e.Message} Check the folder and its "
                + "rights.", e);
        }
    }

    public async Task ChangeAsync(Func<byte[]?, byte[]?> change, CancellationToken cancellationToken = default)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var held = await FileLock.AcquireAsync(path + ".lock", clock, FileLock.DefaultTimeout, cancellationToken).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                if (change(await ReadAsync(cancellationToken).ConfigureAwait(false)) is { } bytes)
                {
                    await DurableFile.WriteAsync(path, bytes, CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path, $"'{path}' could not be written: {e.Message} Check the folder, its "
                + "rights and its free space.", e);
        }
    }
}
