namespace PatchContainers;

/// <summary>
/// An exclusive lock between processes: a file of its own, held open so that nobody else can open it. The system releases it when its
/// holder dies, however it dies. The file itself stays: deleting it would let two holders in, one on each file.
/// </summary>
internal static class FileLock
{
    private const int FirstDelayMilliseconds = 1;
    private const int LongestDelayMilliseconds = 25;

    /// <summary>How long a holder is waited for. Holders write a few lines, so a longer wait means that one hangs.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Waits for the lock. Its folder must be there.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>: the time has passed, and somebody still holds
    /// it.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be opened.</exception>
    public static async Task<FileStream> AcquireAsync(
        string path, TimeProvider clock, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        for (var delay = FirstDelayMilliseconds; ; delay = Math.Min(delay * 2, LongestDelayMilliseconds))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (clock.GetElapsedTime(start) >= timeout)
                {
                    throw new PatchException(PatchErrorCode.Conflict, path,
                        $"'{path}' has been held by another process for more than {timeout.TotalSeconds:0} seconds. Find out which one "
                        + "hangs, end it, and try again.", e);
                }
            }

            // Jitter: processes that were refused together would otherwise come back together.
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * delay), clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a file could not be opened because another process holds it.</summary>
    // The framework has no exception of its own for this: EWOULDBLOCK (11 on Linux, 35 on macOS), ERROR_SHARING_VIOLATION on Windows.
    public static bool IsHeld(IOException e) => e is not (FileNotFoundException or DirectoryNotFoundException)
        && (OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) == 32 : e.HResult is 11 or 35);
}
