using System.IO.Compression;
using System.Security.Cryptography;
using PatchContainers.Images;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>
/// The directory of a tar file, made in one pass; nothing is unpacked. In a plain tar each file is then read from its offset. A tar that is
/// compressed with gzip is decompressed up to the file that is read, each time: slower, but it needs no disk.
/// </summary>
internal sealed class ArchiveFile
{
    private const int MaxEntries = 1_000_000;
    private const int MaxLinks = 16;
    private const long MaxDocuments = 256L * 1024 * 1024;

    private readonly Dictionary<string, ArchiveEntry> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly string _path;
    private bool _gzip;

    private ArchiveFile(string path) => _path = path;

    /// <summary>The files, in no order.</summary>
    public IReadOnlyCollection<ArchiveEntry> Files => _files.Values;

    /// <summary>Reads the directory of an archive.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: no tar, cut short, or with names that lead out of it;
    /// <see cref="PatchErrorCode.NotSupported"/>: compressed otherwise than by gzip.</exception>
    public static ArchiveFile Open(string path, CancellationToken cancellationToken)
    {
        var archive = new ArchiveFile(path);
        using var file = archive.OpenFile();
        archive._gzip = CompressionOf(file) switch
        {
            "" => false,
            "gzip" => true,
            var other => throw new PatchException(PatchErrorCode.NotSupported, path, $"The archive {path} is compressed with {other}. "
                + "Decompress it, or use gzip."),
        };
        if (file.Length == 0)
        {
            throw Fault(path, "it is empty, or no tar", null);
        }

        file.Position = 0;
        try
        {
            using var tar = archive._gzip ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            archive.Read(new TarScanner(tar, cancellationToken), cancellationToken);
        }
        catch (EndOfStreamException e)
        {
            throw Fault(path, "it is cut short", e);
        }
        catch (InvalidDataException e)
        {
            throw Fault(path, $"it is no tar, or is damaged: {e.Message}", e);
        }

        return archive;
    }

    /// <summary>Finds a file, through symbolic and hard links (podman stores a layer that comes twice as a link).</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the links go in a circle, or lead out of the
    /// archive.</exception>
    public ArchiveEntry? Find(string name)
    {
        var current = Normalize(name) ?? throw Fault(_path, $"'{name}' leads out of it", null);
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

        throw Fault(_path, $"the links from '{name}' go in a circle", null);
    }

    /// <summary>Opens a file's bytes.</summary>
    public Stream Read(ArchiveEntry entry, CancellationToken cancellationToken)
    {
        var file = OpenFile();
        if (!_gzip)
        {
            file.Position = entry.Offset;
            return new SectionStream(file, entry.Size);
        }

        var tar = new GZipStream(file, CompressionMode.Decompress);
        try
        {
            Skip(tar, entry.Offset, cancellationToken);
            return new SectionStream(tar, entry.Size);
        }
        catch (Exception e)
        {
            tar.Dispose();
            throw e is InvalidDataException or EndOfStreamException
                ? Fault(_path, $"it is damaged before '{entry.Name}': {e.Message}", e) : e;
        }
    }

    private void Read(TarScanner tar, CancellationToken cancellationToken)
    {
        var (count, documents) = (0, 0L);
        while (tar.Next() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++count > MaxEntries)
            {
                throw new PatchException(PatchErrorCode.LimitExceeded, _path,
                    $"The archive {_path} has more than {MaxEntries:N0} entries; no image has.");
            }

            var name = Normalize(entry.Name) ?? throw Fault(_path, $"its entry '{entry.Name}' leads out of it", null);
            if (tar.IsSparse)
            {
                throw new PatchException(PatchErrorCode.NotSupported, _path, $"The archive {_path} holds '{entry.Name}' as a sparse file, "
                    + "which is not read. Save the image again, or pack it with a tar that writes whole files.");
            }

            if (entry.Type is '1' or '2')
            {
                // A symbolic link starts from its folder, a hard link from the root.
                var from = entry.Type == '2' && name.Contains('/', StringComparison.Ordinal)
                    ? name[..(name.LastIndexOf('/') + 1)] : string.Empty;
                _links[name] = Normalize(entry.LinkName.StartsWith('/') ? entry.LinkName : from + entry.LinkName)
                    ?? throw Fault(_path, $"its link '{entry.Name}' leads out of it, to '{entry.LinkName}'", null);
                _files.Remove(name);
            }
            else if (entry.Type is '0' or '\0' or '7')
            {
                var file = Describe(name, entry.Size, tar);
                documents += file.Document?.Length ?? 0;
                _files[name] = documents <= MaxDocuments ? file : throw new PatchException(PatchErrorCode.LimitExceeded, _path,
                    $"The archive {_path} has more than {MaxDocuments:N0} bytes of JSON; no image has.");
                _links.Remove(name);
            }
        }

        if (count == 0)
        {
            throw Fault(_path, "it is empty, or no tar", null);
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

    private FileStream OpenFile()
    {
        try
        {
            return new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024,
                FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PatchException(PatchErrorCode.NotFound, _path, $"There is no archive {_path}.", e);
        }
    }

    private static string CompressionOf(FileStream file)
    {
        var head = new byte[(int)Math.Min(6, file.Length)];
        file.ReadExactly(head);
        return CompressionOf(head);
    }

    private static string CompressionOf(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? "gzip"
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? "zstd"
        : head.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) ? "xz"
        : head.StartsWith("BZh"u8) ? "bzip2"
        : string.Empty;

    private static void Skip(GZipStream stream, long count, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 * 1024];
        while (count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, count));
            count -= read > 0 ? read : throw new EndOfStreamException($"it ends {count:N0} bytes early");
        }
    }

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
