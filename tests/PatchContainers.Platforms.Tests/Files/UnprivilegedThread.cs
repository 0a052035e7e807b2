using System.Runtime.InteropServices;

namespace PatchContainers.Platforms.Tests.Files;

/// <summary>Tests run as root in containers, for whom every file is open. On Linux one thread alone can be somebody else.</summary>
internal static class UnprivilegedThread
{
    private const uint Nobody = 65534;

    /// <summary>Runs something on a thread that has nobody's rights to files, and that ends with it.</summary>
    public static void Run(Action action)
    {
        Exception? thrown = null;
        var thread = new Thread(() =>
        {
            // setfsuid(2) is for the calling thread alone, and takes its rights over other people's files with it.
            _ = SetFileSystemUser(Nobody);
            try
            {
                action();
            }
            catch (Exception e)
            {
                thrown = e;
            }
        });
        thread.Start();
        thread.Join();
        if (thrown is not null)
        {
            throw new InvalidOperationException(thrown.Message, thrown);
        }
    }

    [DllImport("libc", EntryPoint = "setfsuid")]
    private static extern int SetFileSystemUser(uint user);
}
