using System.Security.Cryptography;

namespace PatchContainers.Platforms.Files;

/// <summary>
/// Replaces a file's content as one step: a reader, a crash and a full disk see the old content or the new, never a part. Mode and owner
/// stay (the owner on Linux; elsewhere the file becomes the process's own), a link stays a link to the file that is replaced. Access
/// lists and extended attributes are the folder's default afterwards. A file with several names (hard links) is refused, since only one
/// of them would change.
/// </summary>
internal static class FileReplacement
{
    private const string Suffix = ".patchcontainers";

    /// <summary>Why a file cannot be replaced; empty where nothing speaks against it.</summary>
    public static string Fault(string path)
    {
        try
        {
            var target = RealPath.Of(path);
            if (IsReadOnly(target))
            {
                return $"'{target}' is read-only. Make it writable, or leave it out";
            }

            if (UnixFile.OwnerOf(target) is { Names: > 1 } owner)
            {
                return $"'{target}' has {owner.Names} names (hard links), and only one of them would change. Make it a file of its own";
            }

            using var handle = File.OpenHandle(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            return string.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"'{path}' cannot be written: {e.Message}";
        }
    }

    /// <summary>Replaces the content, if the file still holds what was read.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <param name="expected">What was read.</param>
    /// <param name="content">What it shall hold.</param>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.Conflict"/>: someone else changed it meanwhile; <see cref="PatchErrorCode.FileError"/>: it cannot be
    /// written. It is as it was.
    /// </exception>
    public static void Write(string path, ReadOnlySpan<byte> expected, byte[] content)
    {
        if (Fault(path) is { Length: > 0 } fault)
        {
            throw new PatchException(PatchErrorCode.FileError, path, fault + ".");
        }

        try
        {
            var target = RealPath.Of(path);
            RemoveLeftovers(Path.GetDirectoryName(target)!, Path.GetFileName(target));
            Replace(path, target, expected, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path, $"'{path}' cannot be written, and is as it was: {e.Message}", e);
        }
    }

    /// <summary>Makes a replacement survive a power cut. Asked for again after a crash, it does no harm.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>: it may not survive one.</exception>
    public static void Sync(string path)
    {
        try
        {
            DurableFile.SyncDirectory(Path.GetDirectoryName(RealPath.Of(path))!);
        }
        catch (IOException e)
        {
            throw new PatchException(PatchErrorCode.FileError, path,
                $"'{path}' is written, but a power cut might bring its old content back: {e.Message}", e);
        }
    }

    private static void Replace(string path, string target, ReadOnlySpan<byte> expected, byte[] content)
    {
        var folder = Path.GetDirectoryName(target)!;
        var temporary = Path.Combine(folder,
            $".{Path.GetFileName(target)}.{Convert.ToHexString(RandomNumberGenerator.GetBytes(6))}{Suffix}");
        try
        {
            using (var stream = new FileStream(temporary, NewFile()))
            {
                stream.Write(content);
                TakeOver(target, temporary);
                stream.Flush(flushToDisk: true);
            }

            if (!File.ReadAllBytes(target).AsSpan().SequenceEqual(expected))
            {
                throw new PatchException(PatchErrorCode.Conflict, path,
                    $"'{path}' was changed by someone else while it was edited. It was left as it is; run again.");
            }

            if (OperatingSystem.IsWindows())
            {
                // Keeps the access list, which Move would not.
                File.Replace(temporary, target, null);
            }
            else
            {
                File.Move(temporary, target, overwrite: true);
            }
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static FileStreamOptions NewFile()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static void TakeOver(string target, string temporary)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // The owner first: changing it clears the bits that it must not be given with (chown(2)).
        if (UnixFile.OwnerOf(target) is { } owner && UnixFile.OwnerOf(temporary) is { } own
            && (owner.User, owner.Group) != (own.User, own.Group))
        {
            UnixFile.SetOwner(temporary, owner);
        }

        File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
    }

    // By its mode, and not by what this process may do: root may write anything, and a file that was made read-only was so for a reason.
    private static bool IsReadOnly(string target) => OperatingSystem.IsWindows()
        ? File.GetAttributes(target).HasFlag(FileAttributes.ReadOnly)
        : (File.GetUnixFileMode(target) & (UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0;

    private static void RemoveLeftovers(string folder, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var leftover in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (!leftover.Name.StartsWith($".{name}.", StringComparison.Ordinal) || !leftover.Name.EndsWith(Suffix, StringComparison.Ordinal))
            {
                continue;
            }

            try
            {
                // For both: a pipe that somebody put there would be waited for otherwise, and is left.
                using var stream = new FileStream(leftover.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 0);
                if (stream.CanSeek)
                {
                    leftover.Delete();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another process is writing it, or it is not ours to remove.
            }
        }
    }
}
