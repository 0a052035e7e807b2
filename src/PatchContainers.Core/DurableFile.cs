using System.Runtime.InteropServices;

namespace PatchContainers;

/// <summary>
/// Files that survive being killed at any point: a temporary file in the same folder, fsync, rename, fsync of the folder. A reader
/// sees the old bytes or the new ones, and nothing in between.
/// </summary>
public static partial class DurableFile
{
    /// <summary>How temporary files end; they begin with a dot.</summary>
    internal const string TemporarySuffix = ".tmp";

    /// <summary>Writes a file, in place of an older one if there is one. The folder must be there.</summary>
    /// <exception cref="IOException">The file cannot be written; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written; nothing has changed.</exception>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.FileError"/>: the file is written and every reader sees it, but it may not survive a power cut.
    /// </exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var temporary = TemporaryPath(path);
        try
        {
            var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(content, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            Replace(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Puts a finished file, already flushed to disk, in the place of another, in one step.</summary>
    /// <exception cref="IOException">It cannot be done; nothing has changed.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be done; nothing has changed.</exception>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>: it is done, but may not survive a power cut.</exception>
    internal static void Replace(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        try
        {
            SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (IOException e)
        {
            // No IOException: to every caller that one says that nothing has changed.
            throw new PatchException(PatchErrorCode.FileError, path,
                $"'{path}' is written, but a power cut might bring its old content back: {e.Message} "
                    + "Check the folder's rights and its disk.", e);
        }
    }

    /// <summary>A name for a temporary file beside this one, that nobody else uses.</summary>
    internal static string TemporaryPath(string path) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}{TemporarySuffix}");

    /// <summary>
    /// Makes created, renamed and deleted names in a folder survive a power cut. Windows keeps them by itself; elsewhere it takes an fsync
    /// of the folder, for which the framework has no call.
    /// </summary>
    /// <exception cref="IOException">The system could not do it.</exception>
    public static void SyncDirectory(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var handle = Open(folder, 0);
        if (handle < 0)
        {
            throw new IOException($"The folder '{folder}' could not be opened to flush it (error {Marshal.GetLastPInvokeError()}).");
        }

        try
        {
            // Some file systems (FUSE, network shares) refuse to flush a folder: EINVAL. They offer nothing better.
            if (FSync(handle) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw new IOException($"The folder '{folder}' could not be flushed to disk (error {Marshal.GetLastPInvokeError()}).");
            }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>Gives a file a second name on the same file system.</summary>
    /// <returns>False where it cannot be done (another file system, no such feature, the name is taken).</returns>
    internal static bool TryHardLink(string existing, string path) => OperatingSystem.IsWindows()
        ? CreateHardLink(path, existing, 0)
        : Link(existing, path) == 0;

    private const int InvalidArgument = 22;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string path);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string path, string existing, nint security);
}
