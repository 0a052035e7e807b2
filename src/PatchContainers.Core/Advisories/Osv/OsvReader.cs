using System.Buffers;
using System.IO.Compression;

namespace PatchContainers.Advisories.Osv;

/// <summary>
/// Reads OSV records from a JSON file (one record, an array, objects one after another, or JSON lines), a zip file as osv.dev publishes
/// it (nothing is unpacked to disk), or a folder of such files and further folders. A record that is none is reported and counted; the
/// rest goes on.
/// </summary>
internal sealed class OsvReader
{
    private const int MaxReported = 1000;
    private const int ProgressStep = 500;
    private const int MaxKeptBytes = 4 * 1024 * 1024;

    private readonly OsvLimits _limits;
    private readonly OsvRecordParser _parser;
    private readonly IProgress<PatchNotice> _notices;
    private long _totalBytes;

    /// <summary>Creates a reader for one import.</summary>
    public OsvReader(OsvLimits limits, IProgress<PatchNotice> notices)
    {
        _limits = limits;
        _parser = new OsvRecordParser(limits);
        _notices = notices;
    }

    /// <summary>Records that could be read, the withdrawn ones among them.</summary>
    public int RecordsRead { get; private set; }

    /// <summary>Records and files that could not be read.</summary>
    public int Rejected { get; private set; }

    /// <summary>Whether of a file nobody knows how many records could not be read: it was cut off, or could not be opened.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Reads the source's records in a fixed order: files by name, records as they stand.</summary>
    /// <exception cref="PatchException">The source is not there, cannot be opened, passes a limit of the whole import, or holds nothing
    /// that could be read.</exception>
    public IEnumerable<OsvRecord> Read(string path, CancellationToken cancellationToken)
    {
        var files = FilesOf(path);
        for (var i = 0; i < files.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int? percent = files.Count > 1 ? (int)(i * 100L / files.Count) : null;
            _notices.Report(new PatchNotice.Progress("Reading advisories", files[i], percent));
            foreach (var record in ReadFile(files[i], cancellationToken))
            {
                RecordsRead++;
                yield return record;
            }
        }

        if (Rejected > MaxReported)
        {
            _notices.Report(new PatchNotice.Warning(
                $"{Rejected:N0} records or files of '{path}' could not be read; the first {MaxReported:N0} have been named."));
        }

        if (RecordsRead == 0)
        {
            var fault = Rejected == 0
                ? $"'{path}' holds no OSV records."
                : $"Nothing in '{path}' could be read as an OSV record: {Rejected:N0} records or files were rejected.";
            throw new PatchException(PatchErrorCode.InvalidData, path,
                $"{fault} Name a JSON file, a folder of JSON files, or a zip file such as osv.dev's all.zip.");
        }
    }

    private static List<string> FilesOf(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            throw new PatchException(PatchErrorCode.NotFound, path, $"There is no file or folder '{path}' to read advisories from.");
        }

        var files = new List<string>();
        try
        {
            Collect(new DirectoryInfo(path), files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path, $"The folder '{path}' cannot be listed: {e.Message}", e);
        }

        return files;
    }

    private static void Collect(DirectoryInfo folder, List<string> files)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (entry is FileInfo)
            {
                if (IsJson(entry.Name) || entry.Name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase))
                {
                    files.Add(entry.FullName);
                }
            }
            else if (entry.LinkTarget is null)
            {
                // A linked folder may lead back to where it lies.
                Collect((DirectoryInfo)entry, files);
            }
        }
    }

    private static bool IsJson(string name) => name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || IsLines(name);

    private static bool IsLines(string name) =>
        name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase);

    private IEnumerable<OsvRecord> ReadFile(string file, CancellationToken cancellationToken)
    {
        FileStream? stream = null;
        bool isZip;
        try
        {
            stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.SequentialScan);
            isZip = IsZip(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            stream?.Dispose();
            IsCutOff = true;
            Reject(file, $"it cannot be opened: {e.Message}", e, PatchErrorCode.FileError);
            yield break;
        }

        using (stream)
        {
            var records = isZip
                ? ReadZip(stream, file, cancellationToken)
                : ReadStream(stream, file, IsLines(file), cancellationToken);
            foreach (var record in records)
            {
                yield return record;
            }
        }
    }

    private static bool IsZip(FileStream stream)
    {
        Span<byte> magic = stackalloc byte[4];
        var read = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return read == magic.Length && (magic.SequenceEqual("PK\u0003\u0004"u8) || magic.SequenceEqual("PK\u0005\u0006"u8));
    }

    private IEnumerable<OsvRecord> ReadZip(FileStream stream, string file, CancellationToken cancellationToken)
    {
        ZipArchive archive;
        try
        {
            archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            _ = archive.Entries.Count;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            IsCutOff = true;
            Reject(file, $"it is no whole zip file ({e.Message}); get it again", e);
            yield break;
        }

        using (archive)
        {
            if (archive.Entries.Count > _limits.MaxZipEntries)
            {
                throw new PatchException(PatchErrorCode.LimitExceeded, file,
                    $"'{file}' holds {archive.Entries.Count:N0} entries; the limit is {_limits.MaxZipEntries:N0}.");
            }

            var entries = archive.Entries.Where(e => IsJson(e.FullName)).OrderBy(e => e.FullName, StringComparer.Ordinal).ToArray();
            for (var i = 0; i < entries.Length; i++)
            {
                var entry = entries[i];
                if (i % ProgressStep == 0)
                {
                    _notices.Report(new PatchNotice.Progress("Reading advisories", file, (int)(i * 100L / entries.Length)));
                }

                foreach (var record in ReadEntry(entry, $"{file}/{Printable(entry.FullName)}", cancellationToken))
                {
                    yield return record;
                }
            }
        }
    }

    private IEnumerable<OsvRecord> ReadEntry(ZipArchiveEntry entry, string name, CancellationToken cancellationToken)
    {
        Stream stream;
        try
        {
            stream = OpenChecked(entry, name, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException)
        {
            IsCutOff = true;
            Reject(name, $"it cannot be unpacked: {e.Message}", e);
            yield break;
        }

        using (stream)
        {
            foreach (var record in ReadStream(stream, name, IsLines(name), cancellationToken))
            {
                yield return record;
            }
        }
    }

    /// <summary>
    /// Opens an entry whose bytes are those that were packed. The framework does not compare the checksum, and a record is not to count
    /// before all of its entry has been: small ones are kept, larger ones unpacked twice.
    /// </summary>
    private Stream OpenChecked(ZipArchiveEntry entry, string name, CancellationToken cancellationToken)
    {
        var kept = new MemoryStream((int)Math.Clamp(entry.Length, 0, MaxKeptBytes));
        var crc = default(Crc32);
        long length = 0;
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        using (var stream = entry.Open())
        {
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                crc.Append(buffer.AsSpan(0, read));
                length += read;
                CheckTotal(_totalBytes + length, name);
                if (length <= MaxKeptBytes)
                {
                    kept.Write(buffer, 0, read);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
        if (crc.Value != entry.Crc32 || length != entry.Length)
        {
            throw new InvalidDataException("its size or its checksum is not the one that the zip file says; get the file again");
        }

        kept.Position = 0;
        return length <= MaxKeptBytes ? kept : entry.Open();
    }

    private IEnumerable<OsvRecord> ReadStream(Stream stream, string name, bool lines, CancellationToken cancellationToken)
    {
        using var splitter = new OsvRecordSplitter(stream, _limits.MaxRecordBytes, lines, bytes => Count(bytes, name));
        for (var number = 1; ; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            OsvRecord record;
            try
            {
                if (!splitter.TryRead(out var json))
                {
                    yield break;
                }

                record = _parser.Parse(json);
            }
            catch (RecordFaultException e)
            {
                Reject(name, number == 1 ? e.Message : $"record {number}: {e.Message}", e.InnerException);
                continue;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                // Where the next record begins is not known: what follows in this file is lost, and said to be.
                IsCutOff = true;
                Reject(name, $"{e.Message}; what follows in it was not read", e);
                yield break;
            }

            yield return record;
        }
    }

    private void Count(int bytes, string name)
    {
        _totalBytes += bytes;
        CheckTotal(_totalBytes, name);
    }

    private void CheckTotal(long bytes, string name)
    {
        if (bytes > _limits.MaxTotalBytes)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, name,
                $"'{name}' brings the import to more than {_limits.MaxTotalBytes:N0} bytes of JSON, the limit. Import it in parts.");
        }
    }

    private void Reject(string name, string fault, Exception? cause, PatchErrorCode code = PatchErrorCode.InvalidData)
    {
        Rejected++;
        if (Rejected <= MaxReported)
        {
            _notices.Report(new PatchNotice.Failure(new PatchException(code, name, $"'{name}' was not imported: {fault}.", cause)));
        }
    }

    private static string Printable(string name) => !OsvText.HasControls(name)
        ? name : string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));
}
