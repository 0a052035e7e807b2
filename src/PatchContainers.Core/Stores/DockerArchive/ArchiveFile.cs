using System.IO.Compression;
using System.Security.Cryptography;
using PatchContainers.Images;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>
/// The directory of a tar file, made in one pass; nothing is unpacked. In a plain file each entry is then read from its offset. A tar that
/// is compressed with gzip, or that an engine makes, is read up to the entry each time: slower, but it needs no disk.
/// </summary>
internal sealed class ArchiveFile
{
    private const int MaxEntries = 1_000_000;
    private const int MaxLinks = 16;
    private const long MaxDocuments = 256L * 1024 * 1024;

    private readonly Dictionary<string, ArchiveEntry> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly ArchiveSource _source;
    private bool _gzip;

    private ArchiveFile(ArchiveSource source) => _source = source;

    /// <summary>The files, in no order.</summary>
    public IReadOnlyCollection<ArchiveEntry> Files => _files.Values;

    /// <summary>Reads the directory of an archive.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: no tar, cut short, or with names that lead out of it;
    /// <see cref="PatchErrorCode.NotSupported"/>: compressed otherwise than by gzip.</exception>
    public static async Task<ArchiveFile> OpenAsync(ArchiveSource source, CancellationToken cancellationToken)
    {
        var archive = new ArchiveFile(source);
        await using var stream = await source.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (stream.CanSeek)
        {
            archive._gzip = IsGzip(stream, source.Name);
        }

        try
        {
            await using var tar = archive.Tar(stream);
            await Task.Run(() => archive.Read(new TarScanner(tar, cancellationToken), cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (EndOfStreamException e)
        {
            throw Fault(source.Name, "it is cut short", e);
        }
        catch (InvalidDataException e)
        {
            throw Fault(source.Name, $"it is no tar, or is damaged: {e.Message}", e);
        }

        return archive;
    }

    /// <summary>Finds a file, through symbolic and hard links (podman stores a layer that comes twice as a link).</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the links go in a circle, or lead out of the
    /// archive.</exception>
    public ArchiveEntry? Find(string name)
    {
        var current = Normalize(name) ?? throw Fault(_source.Name, $"'{name}' leads out of it", null);
        for (var i = 0; i <= MaxLinks; i++)
        {
            if (_files.TryGetValue(current, out var entry))
            {
                return entry;
            }

            if (!_links.TryGetValue(current, out var target))
            {
                return null;
            }

            current = target;
        }

        throw Fault(_source.Name, $"the links from '{name}' go in a circle", null);
    }

    /// <summary>Opens a file's bytes.</summary>
    public async Task<Stream> ReadAsync(ArchiveEntry entry, CancellationToken cancellationToken)
    {
        var stream = await _source.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (stream.CanSeek && !_gzip)
        {
            stream.Position = entry.Offset;
            return new SectionStream(stream, entry.Size);
        }

        var tar = Tar(stream);
        try
        {
            // What stands before is read, and decompressed.
            await Task.Run(() => Skip(tar, entry, cancellationToken), cancellationToken).ConfigureAwait(false);
            return new SectionStream(tar, entry.Size);
        }
        catch (Exception e)
        {
            await tar.DisposeAsync().ConfigureAwait(false);
            throw e is InvalidDataException or EndOfStreamException
                ? Fault(_source.Name, $"it is damaged before '{entry.Name}': {e.Message}", e) : e;
        }
    }

    private Stream Tar(Stream stream) => _gzip ? new GZipStream(stream, CompressionMode.Decompress) : stream;

    // An engine may order its entries otherwise the next time: what counts is the name.
    private static void Skip(Stream stream, ArchiveEntry entry, CancellationToken cancellationToken)
    {
        var tar = new TarScanner(stream, cancellationToken);
        for (var left = entry.Ordinal; tar.Next() is { } header;)
        {
            if (IsFile(header.Type) && Normalize(header.Name) == entry.Name && left-- == 0)
            {
                if (header.Size != entry.Size)
                {
                    throw new InvalidDataException("it has another size than before");
                }

                return;
            }
        }

        throw new EndOfStreamException("it is no longer there");
    }

    private void Read(TarScanner tar, CancellationToken cancellationToken)
    {
        var (count, documents) = (0, 0L);
        while (tar.Next() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++count > MaxEntries)
            {
                throw new PatchException(PatchErrorCode.LimitExceeded, _source.Name,
                    $"The archive {_source.Name} has more than {MaxEntries:N0} entries; no image has.");
            }

            var name = Normalize(entry.Name) ?? throw Fault(_source.Name, $"its entry '{entry.Name}' leads out of it", null);
            if (tar.IsSparse)
            {
                throw new PatchException(PatchErrorCode.NotSupported, _source.Name, $"The archive {_source.Name} holds '{entry.Name}' as a sparse file, "
                    + "which is not read. Save the image again, or pack it with a tar that writes whole files.");
            }

            if (entry.Type is '1' or '2')
            {
                // A symbolic link starts from its folder, a hard link from the root.
                var from = entry.Type == '2' && name.Contains('/', StringComparison.Ordinal)
                    ? name[..(name.LastIndexOf('/') + 1)] : string.Empty;
                _links[name] = Normalize(entry.LinkName.StartsWith('/') ? entry.LinkName : from + entry.LinkName)
                    ?? throw Fault(_source.Name, $"its link '{entry.Name}' leads out of it, to '{entry.LinkName}'", null);
                _files.Remove(name);
            }
            else if (IsFile(entry.Type))
            {
                var ordinal = _counts.GetValueOrDefault(name);
                _counts[name] = ordinal + 1;
                var file = Describe(name, entry.Size, tar) with { Ordinal = ordinal };
                documents += file.Document?.Length ?? 0;
                _files[name] = documents <= MaxDocuments ? file : throw new PatchException(PatchErrorCode.LimitExceeded, _source.Name,
                    $"The archive {_source.Name} has more than {MaxDocuments:N0} bytes of JSON; no image has.");
                _links.Remove(name);
            }
        }

        if (count == 0)
        {
            throw Fault(_source.Name, "it is empty, or no tar", null);
        }
    }

    private static ArchiveEntry Describe(string name, long size, TarScanner tar)
    {
        var result = new ArchiveEntry(name, tar.Position, size);
        var head = new byte[(int)Math.Min(6, size)];
        tar.Read(head);
        if (size <= ImageDocument.MaxBytes && (head.AsSpan().StartsWith("{"u8) || name.EndsWith(".json", StringComparison.Ordinal)))
        {
            var document = new byte[size];
            head.CopyTo(document, 0);
            tar.Read(document.AsSpan(head.Length));
            return result with { Document = document };
        }

        var compression = CompressionOf(head);
        if (compression.Length == 0)
        {
            return result;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        var buffer = new byte[128 * 1024];
        for (int read; (read = tar.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
        }

        return result with { Compression = compression, Digest = Digest.FromHash(HashAlgorithmName.SHA256, hash.GetHashAndReset()) };
    }

    private static bool IsFile(char type) => type is '0' or '\0' or '7';

    private static bool IsGzip(Stream file, string name)
    {
        if (file.Length == 0)
        {
            throw Fault(name, "it is empty, or no tar", null);
        }

        var head = new byte[(int)Math.Min(6, file.Length)];
        file.ReadExactly(head);
        file.Position = 0;
        return CompressionOf(head) switch
        {
            "" => false,
            "gzip" => true,
            var other => throw new PatchException(PatchErrorCode.NotSupported, name, $"The archive {name} is compressed with {other}. "
                + "Decompress it, or use gzip."),
        };
    }

    private static string CompressionOf(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? "gzip"
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? "zstd"
        : head.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) ? "xz"
        : head.StartsWith("BZh"u8) ? "bzip2"
        : string.Empty;

    // The path from the archive's root; null where it leads out.
    private static string? Normalize(string name)
    {
        if (name.StartsWith('/') || name.Contains('\\', StringComparison.Ordinal))
        {
            return null;
        }

        var parts = new List<string>();
        foreach (var part in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                if (parts.Count == 0)
                {
                    return null;
                }

                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    private static PatchException Fault(string path, string fault, Exception? inner) => new(PatchErrorCode.InvalidData, path,
        $"The archive {path} cannot be used: {fault}. Save the image again.", inner);
}
