namespace PatchContainers.Stores.DockerArchive;

/// <summary>Where an archive's bytes come from: a file, or an engine that makes them.</summary>
/// <param name="Name">What errors call it.</param>
/// <param name="OpenAsync">Opens it from its beginning, as often as it is asked to.</param>
internal sealed record ArchiveSource(string Name, Func<CancellationToken, Task<Stream>> OpenAsync)
{
    /// <summary>A file.</summary>
    public static ArchiveSource OfFile(string path) => new(path, _ => Task.FromResult<Stream>(Open(path)));

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024,
                FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PatchException(PatchErrorCode.NotFound, path, $"There is no archive {path}.", e);
        }
    }
}
