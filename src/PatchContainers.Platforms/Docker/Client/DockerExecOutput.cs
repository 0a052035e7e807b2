using System.Buffers.Binary;
using System.Text;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>
/// Reads what an engine sends of a command without a terminal: frames of a header (the stream's number, three zeros, the length) and the
/// content (Engine API, "Stream format" of ContainerAttach).
/// </summary>
internal static class DockerExecOutput
{
    /// <summary>What is kept of the output; the rest is read and dropped.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int HeaderLength = 8;

    /// <summary>Reads to the end.</summary>
    /// <exception cref="InvalidDataException">There are no such frames, or the last one breaks off.</exception>
    public static async Task<string> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAtLeastAsync(buffer.AsMemory(0, HeaderLength), HeaderLength, throwOnEndOfStream: false,
            cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (read < HeaderLength || buffer[0] > 2 || (buffer[1] | buffer[2] | buffer[3]) != 0)
            {
                throw new InvalidDataException("the command's output is not in frames");
            }

            for (var left = BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(4)); left > 0; left -= (uint)read)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(left, (uint)buffer.Length));
                read = await stream.ReadAsync(part, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new InvalidDataException("the command's output breaks off in the middle");
                }

                kept.Write(buffer.AsSpan(0, Math.Min(read, MaxBytes - (int)kept.Length)));
            }
        }

        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length);
    }
}
