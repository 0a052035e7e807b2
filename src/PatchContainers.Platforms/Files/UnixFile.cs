using System.Runtime.InteropServices;

namespace PatchContainers.Platforms.Files;

/// <summary>Who owns a file, and how many names it has.</summary>
internal readonly record struct FileOwner(uint User, uint Group, uint Names);

/// <summary>
/// What the base class library does not do on Unix: tell and set a file's owner. These are calls into the C library, which is loaded
/// anyway; where it cannot tell, the answer is "not known", never a failure.
/// </summary>
internal static partial class UnixFile
{
    private const int AtFdCwd = -100;
    private const uint StatxBasic = 0x7ff;

    /// <summary>The owner; null where it cannot be told (other systems than Linux: only statx has one layout everywhere).</summary>
    public static FileOwner? OwnerOf(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            return Stat(AtFdCwd, path, 0, StatxBasic, out var stat) == 0 ? new FileOwner(stat.User, stat.Group, stat.Names) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Gives a file to an owner.</summary>
    /// <exception cref="UnauthorizedAccessException">This process may not.</exception>
    public static void SetOwner(string path, FileOwner owner)
    {
        if (ChangeOwner(path, owner.User, owner.Group) != 0)
        {
            throw new UnauthorizedAccessException(
                $"It belongs to user {owner.User} and group {owner.Group}, and this process may not give its new content to them "
                + $"({Marshal.GetLastPInvokeErrorMessage()}). Run as that user, or as root.");
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Stat(int folder, string path, int flags, uint mask, out Statx result);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    // struct statx of linux/stat.h, 256 bytes on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(16)]
        public uint Names;

        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;
    }
}
