using Microsoft.Win32.SafeHandles;

namespace PatchContainers.Cli.Output;

/// <summary>Opens standard output so that a reader that went away is noticed.</summary>
internal static class StandardOutput
{
    /// <summary>The stream; its writes throw <see cref="OutputClosedException"/> once nobody reads them any more.</summary>
    public static Stream Open()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return new GuardedStream(Console.OpenStandardOutput());
        }

        // On Unix the console's own stream swallows EPIPE: `patchcontainers update | head -1` would work on unseen. A file stream over
        // the descriptor reports it; but for files it writes at offsets of its own, and `(a; b) > file` would overwrite.
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return new GuardedStream(stream.CanSeek ? Console.OpenStandardOutput() : stream);
    }

    private sealed class GuardedStream(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                inner.Write(buffer);
            }
            catch (IOException exception)
            {
                throw new OutputClosedException(exception);
            }
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

/// <summary>Nobody reads the output any more, or the disk that takes it is full.</summary>
internal sealed class OutputClosedException(IOException cause) : Exception(cause.Message, cause)
{
    private const int BrokenPipeUnix = 32;
    private const int BrokenPipeWindows = unchecked((int)0x8007006D);
    private const int NoDataWindows = unchecked((int)0x800700E8);

    /// <summary>Whether the reader of a pipe went away, which is no fault; anything else is one.</summary>
    public bool IsBrokenPipe => cause.HResult is BrokenPipeUnix or BrokenPipeWindows or NoDataWindows;
}
