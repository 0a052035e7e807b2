using System.Text;
using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>
/// Writes a layer: a tar (ustar, with pax records where a name or number does not fit) and its compression. Nothing of the
/// clock, the machine, the runtime or the user gets into it: the same calls give the same bytes. Entries stand in the order of the calls;
/// parents are not added by themselves.
/// </summary>
public sealed class LayerWriter : IDisposable
{
    /// <summary>Read by all, written by the owner: 0644.</summary>
    public const int FileMode = 0b110_100_100;

    /// <summary>Entered by all, written by the owner: 0755.</summary>
    public const int DirectoryMode = 0b111_101_101;

    private readonly LayerCompression _compression;
    private readonly HashingWriteStream _stored;
    private readonly GzipWriter? _gzip;
    private readonly HashingWriteStream _tar;
    private bool _completed;

    /// <summary>Starts a layer.</summary>
    /// <param name="output">Where the bytes go, synchronously; it stays open.</param>
    /// <param name="compression">How the tar is stored.</param>
    public LayerWriter(Stream output, LayerCompression compression = LayerCompression.Gzip)
    {
        _compression = compression;
        _stored = new HashingWriteStream(output);
        _gzip = compression == LayerCompression.Gzip ? new GzipWriter(_stored) : null;
        _tar = new HashingWriteStream((Stream?)_gzip ?? _stored);
    }

    /// <summary>The time that every entry carries, whole seconds since 1970.</summary>
    public DateTimeOffset ModifiedAt { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Makes a layer in memory.</summary>
    /// <param name="add">Adds the entries.</param>
    /// <param name="compression">How the tar is stored.</param>
    public static WrittenLayer Create(Action<LayerWriter> add, LayerCompression compression = LayerCompression.Gzip)
    {
        using var output = new MemoryStream();
        using var writer = new LayerWriter(output, compression);
        add(writer);
        return writer.Complete() with { Content = output.ToArray() };
    }

    /// <summary>Adds a directory.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the path leads out of the root.</exception>
    public void AddDirectory(string path, int mode = DirectoryMode, long uid = 0, long gid = 0) =>
        WriteEntry('5', Checked(path) + "/", string.Empty, 0, mode, uid, gid);

    /// <summary>Adds a file with these bytes.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the path leads out of the root.</exception>
    public void AddFile(string path, ReadOnlySpan<byte> content, int mode = FileMode, long uid = 0, long gid = 0)
    {
        WriteEntry('0', Checked(path), string.Empty, content.Length, mode, uid, gid);
        _tar.Write(content);
        Pad(content.Length);
    }

    /// <summary>Adds a file with this text in UTF-8.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the path leads out of the root.</exception>
    public void AddFile(string path, string content, int mode = FileMode, long uid = 0, long gid = 0) =>
        AddFile(path, Encoding.UTF8.GetBytes(content), mode, uid, gid);

    /// <summary>Adds a file from a stream.</summary>
    /// <param name="path">The path in the image.</param>
    /// <param name="content">The bytes, read to exactly <paramref name="length"/>.</param>
    /// <param name="length">The file's length in bytes.</param>
    /// <param name="mode">Permission bits, with setuid, setgid and sticky.</param>
    /// <param name="uid">The owner.</param>
    /// <param name="gid">The group.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the path is absolute or leads out of the root;
    /// <see cref="PatchErrorCode.InvalidData"/>: the stream ends early.</exception>
    public void AddFile(string path, Stream content, long length, int mode = FileMode, long uid = 0, long gid = 0)
    {
        WriteEntry('0', Checked(path), string.Empty, length, mode, uid, gid);
        var buffer = new byte[64 * 1024];
        for (var left = length; left > 0;)
        {
            var read = content.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0)
            {
                throw new PatchException(PatchErrorCode.InvalidData, path,
                    $"The content of {path} ends {left:N0} bytes before its announced length of {length:N0}.");
            }

            _tar.Write(buffer, 0, read);
            left -= read;
        }

        Pad(length);
    }

    /// <summary>Adds a symbolic link; the target is written as it is.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the path leads out of the root.</exception>
    public void AddSymbolicLink(string path, string target, long uid = 0, long gid = 0) =>
        WriteEntry('2', Checked(path), target, 0, 0b111_111_111, uid, gid);

    /// <summary>Adds a hard link to a path of the image.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a path leads out of the root.</exception>
    public void AddHardLink(string path, string target, int mode = FileMode, long uid = 0, long gid = 0) =>
        WriteEntry('1', Checked(path), Checked(target), 0, mode, uid, gid);

    /// <summary>Adds a mark that removes a path of the layers below.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the path leads out of the root.</exception>
    public void AddWhiteout(string path)
    {
        var normal = Checked(path);
        var parent = LayerPath.Parent(normal);
        WriteEntry('0', Join(parent, string.Concat(LayerPath.WhiteoutPrefix, LayerPath.Name(normal))), string.Empty, 0, 0, 0, 0);
    }

    /// <summary>Adds a mark that hides everything that the layers below put into a directory.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the path leads out of the root.</exception>
    public void AddOpaqueWhiteout(string directory) =>
        WriteEntry('0', Join(Checked(directory), LayerPath.OpaqueMarker), string.Empty, 0, 0, 0, 0);

    /// <summary>Ends the tar and its compression. Nothing can be added afterwards.</summary>
    /// <returns>Digest, size and DiffID.</returns>
    public WrittenLayer Complete()
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        _completed = true;
        _tar.Write(stackalloc byte[2 * TarFormat.BlockSize]);
        var diffId = _tar.GetDigest();
        _gzip?.Finish();
        var mediaType = _compression == LayerCompression.Gzip ? MediaTypes.OciLayerGzip : MediaTypes.OciLayer;
        return new WrittenLayer(new Descriptor(mediaType, _stored.GetDigest(), _stored.Length), diffId);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _completed = true;
        _gzip?.Dispose();
        _tar.Dispose();
        _stored.Dispose();
    }

    private static string Checked(string path) => LayerPath.Normalize(path, out var fault)
        ?? throw new PatchException(PatchErrorCode.InvalidArgument, path, $"'{path}' cannot be an entry of a layer: {fault}.");

    private static string Join(ReadOnlySpan<char> directory, string name) => directory.IsEmpty ? name : $"{directory}/{name}";

    private void WriteEntry(char type, string path, string link, long size, int mode, long uid, long gid)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        var header = new TarHeaderWriter(type, path, link, size, mode, uid, gid, ModifiedAt.ToUnixTimeSeconds());
        if (header.PaxRecords is { Length: > 0 } records)
        {
            // A pax header's own name says nothing to a reader; it is the same for all so that it cannot carry anything.
            _tar.Write(new TarHeaderWriter('x', "PaxHeader", string.Empty, records.Length, FileMode, 0, 0, 0).Block);
            _tar.Write(records);
            Pad(records.Length);
        }

        _tar.Write(header.Block);
    }

    private void Pad(long length)
    {
        var over = (int)(length % TarFormat.BlockSize);
        if (over > 0)
        {
            Span<byte> zeros = stackalloc byte[TarFormat.BlockSize];
            zeros.Clear();
            _tar.Write(zeros[over..]);
        }
    }
}
