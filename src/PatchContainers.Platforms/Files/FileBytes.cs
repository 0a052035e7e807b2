using System.Globalization;

namespace PatchContainers.Platforms.Files;

/// <summary>Reads whole files within a limit; what goes wrong is a <see cref="PatchException"/> that names the file.</summary>
internal static class FileBytes
{
    /// <summary>Reads a regular file; a pipe or device, which has no length, is never opened and reads as empty.</summary>
    public static byte[] Read(string path, int limit)
    {
        try
        {
            var info = new FileInfo(path);
            var target = info.LinkTarget is null ? info : (FileInfo)info.ResolveLinkTarget(returnFinalTarget: true)!;
            if (!target.Exists)
            {
                var fault = info.LinkTarget is null ? "It is not there." : $"It links to '{info.LinkTarget}', which is not there.";
                throw new FileNotFoundException(fault, path);
            }

            // Opening a pipe would wait for its other end for ever.
            if (target.Length == 0)
            {
                return [];
            }

            var buffer = new byte[(int)Math.Min(target.Length, limit) + 1];
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            var read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return read < buffer.Length ? buffer[..read]
                : read > limit ? throw TooLarge(path, limit)
                : throw new IOException("It grew while it was read; try again.");
        }
        catch (FileNotFoundException e)
        {
            throw new PatchException(PatchErrorCode.NotFound, path, $"'{path}' cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new PatchException(PatchErrorCode.FileError, path, $"'{path}' cannot be read: {e.Message}", e);
        }
    }

    private static PatchException TooLarge(string path, int limit) =>
        new(PatchErrorCode.LimitExceeded, path, string.Create(CultureInfo.InvariantCulture,
        $"'{path}' is larger than {limit} bytes, and was not read. Split the file, or leave it out."));
}
