using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PatchContainers.Scanning;

namespace PatchContainers.Advisories.Database;

/// <summary>
/// The advisories of one ecosystem and release, compiled and mapped into memory. Many threads may read it at once; disposing it while one
/// reads is the caller's mistake.
/// </summary>
internal sealed unsafe class AdvisoryDatabase : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _length;
    private readonly DatabaseFormat.Header _header;
    private bool _disposed;

    private AdvisoryDatabase(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, byte* start, int length)
    {
        Path = path;
        _file = file;
        _view = view;
        _start = start;
        _length = length;
        _header = MemoryMarshal.Read<DatabaseFormat.Header>(Bytes);
        Ecosystem = Text(_header.Ecosystem);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The ecosystem, for example <c>Debian:12</c>.</summary>
    public string Ecosystem { get; }

    /// <summary>When the advisories were made: the newest change among those of the ecosystem's family at the last import, UTC.</summary>
    public DateTimeOffset DatabaseTime => new(_header.DatabaseTimeTicks, TimeSpan.Zero);

    /// <summary>How many bytes the file has.</summary>
    public long Length => _length;

    /// <summary>The advisories, ordered by id.</summary>
    public ReadOnlySpan<DatabaseFormat.Record> Records => Section<DatabaseFormat.Record>(_header.Records);

    /// <summary>What the advisories say of packages.</summary>
    public ReadOnlySpan<DatabaseFormat.Affected> Affected => Section<DatabaseFormat.Affected>(_header.Affected);

    /// <summary>The packages' names.</summary>
    public ReadOnlySpan<DatabaseFormat.Package> Packages => Section<DatabaseFormat.Package>(_header.Packages);

    /// <summary>Opens a database, and checks that it is whole.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is damaged, or of another version of the layout;
    /// <see cref="PatchErrorCode.FileError"/>: it cannot be read.</exception>
    public static AdvisoryDatabase Open(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
            var length = stream.Length;
            if (length < sizeof(DatabaseFormat.Header) || length > DatabaseFormat.MaxBytes)
            {
                throw Damaged(path, $"it has {length:N0} bytes");
            }

            var file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            MemoryMappedViewAccessor? view = null;
            byte* start = null;
            try
            {
                view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
                view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
                start += view.PointerOffset;
                Check(path, new ReadOnlySpan<byte>(start, (int)length));
                return new AdvisoryDatabase(path, file, view, start, (int)length);
            }
            catch
            {
                if (start is not null)
                {
                    view!.SafeMemoryMappedViewHandle.ReleasePointer();
                }

                view?.Dispose();
                file.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path, $"The advisory database '{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>What is known of a package: rows ordered by vulnerability; empty where it is in no advisory.</summary>
    public ReadOnlySpan<DatabaseFormat.Row> RowsOf(string package)
    {
        var length = Encoding.UTF8.GetByteCount(package);
        var name = length <= 512 ? stackalloc byte[length] : new byte[length];
        Encoding.UTF8.GetBytes(package, name);
        var packages = Packages;
        var (low, high) = (0, packages.Length - 1);
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            var order = Utf8(packages[middle].Name).SequenceCompareTo(name);
            if (order == 0)
            {
                return Section<DatabaseFormat.Row>(_header.Rows).Slice((int)packages[middle].FirstRow, (int)packages[middle].RowCount);
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return [];
    }

    /// <summary>The events of an affected entry's ranges.</summary>
    public ReadOnlySpan<DatabaseFormat.Event> EventsOf(in DatabaseFormat.Affected affected) =>
        Section<DatabaseFormat.Event>(_header.Events).Slice((int)affected.FirstEvent, (int)affected.EventCount);

    /// <summary>A list's words.</summary>
    public ReadOnlySpan<uint> List(uint reference)
    {
        var lists = Section<uint>(_header.Lists);
        return lists.Slice((int)reference + 1, (int)lists[(int)reference]);
    }

    /// <summary>A string's bytes.</summary>
    public ReadOnlySpan<byte> Utf8(uint reference)
    {
        var strings = Section<byte>(_header.Strings);
        int length = 0, shift = 0, at = (int)reference;
        byte part;
        do
        {
            part = strings[at++];
            length |= (part & 0x7F) << shift;
            shift += 7;
        }
        while (part > 0x7F);
        return strings.Slice(at, length);
    }

    /// <summary>A string.</summary>
    public string Text(uint reference) => reference == 0 ? string.Empty : Encoding.UTF8.GetString(Utf8(reference));

    /// <summary>Reads a whole advisory back, as it was compiled.</summary>
    public AdvisoryRecord ReadRecord(int index)
    {
        var record = Records[index];
        var words = List(record.Vulnerabilities);
        var vulnerabilities = new AdvisoryVulnerability[words.Length / 2];
        for (var i = 0; i < vulnerabilities.Length; i++)
        {
            vulnerabilities[i] = new AdvisoryVulnerability(Text(words[2 * i]), Texts(words[(2 * i) + 1]));
        }

        var affected = new AffectedPackage[record.AffectedCount];
        for (var i = 0; i < affected.Length; i++)
        {
            affected[i] = ReadAffected(Affected[(int)record.FirstAffected + i]);
        }

        var modified = new DateTimeOffset(record.ModifiedTicks, TimeSpan.Zero);
        return new AdvisoryRecord(Text(record.Id), modified, Text(record.Url), record.IsNotice != 0, vulnerabilities, affected);
    }

    /// <summary>The strings of a list.</summary>
    public string[] Texts(uint list)
    {
        var words = List(list);
        var texts = new string[words.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = Text(words[i]);
        }

        return texts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private static void Check(string path, ReadOnlySpan<byte> bytes)
    {
        var header = MemoryMarshal.Read<DatabaseFormat.Header>(bytes);
        if (!bytes[..DatabaseFormat.Magic.Length].SequenceEqual(DatabaseFormat.Magic))
        {
            throw Damaged(path, "it does not begin as one");
        }

        if (header.Version != DatabaseFormat.Version || !BitConverter.IsLittleEndian)
        {
            throw new PatchException(PatchErrorCode.InvalidData, path,
                $"The advisory database '{path}' has layout {header.Version}; this version reads layout {DatabaseFormat.Version}. "
                + "Import the advisories again.");
        }

        if (header.FileLength != bytes.Length || header.HeaderLength != sizeof(DatabaseFormat.Header))
        {
            throw Damaged(path, $"it has {bytes.Length:N0} bytes where {header.FileLength:N0} were written");
        }

        ReadOnlySpan<(DatabaseFormat.Section Section, int Size)> sections =
        [
            (header.Strings, 1), (header.Lists, sizeof(uint)), (header.Records, sizeof(DatabaseFormat.Record)),
            (header.Affected, sizeof(DatabaseFormat.Affected)), (header.Events, sizeof(DatabaseFormat.Event)),
            (header.Packages, sizeof(DatabaseFormat.Package)), (header.Rows, sizeof(DatabaseFormat.Row)),
        ];
        foreach (var (section, size) in sections)
        {
            if (section.Offset < sizeof(DatabaseFormat.Header) || (long)section.Offset + section.Length > bytes.Length
                || section.Length % size != 0)
            {
                throw Damaged(path, "one of its sections is not in it");
            }
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes[..DatabaseFormat.ChecksumOffset]);
        hash.AppendData(new byte[SHA256.HashSizeInBytes]);
        hash.AppendData(bytes[(DatabaseFormat.ChecksumOffset + SHA256.HashSizeInBytes)..]);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(bytes.Slice(DatabaseFormat.ChecksumOffset, SHA256.HashSizeInBytes)))
        {
            throw Damaged(path, "its bytes do not have the checksum that was written with them");
        }
    }

    private static PatchException Damaged(string path, string fault) => new(PatchErrorCode.InvalidData, path,
        $"The advisory database '{path}' is damaged: {fault}. Import the advisories again.");

    private ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new ReadOnlySpan<byte>(_start, _length);
        }
    }

    private ReadOnlySpan<T> Section<T>(DatabaseFormat.Section section)
        where T : struct => MemoryMarshal.Cast<byte, T>(Bytes.Slice((int)section.Offset, (int)section.Length));

    private AffectedPackage ReadAffected(in DatabaseFormat.Affected affected)
    {
        var ranges = new List<RangeEvent[]>();
        var range = new List<RangeEvent>();
        foreach (var item in EventsOf(affected))
        {
            if (item.BeginsRange && range.Count > 0)
            {
                ranges.Add(range.ToArray());
                range.Clear();
            }

            range.Add(new RangeEvent(item.Kind, Text(item.Version)));
        }

        if (range.Count > 0)
        {
            ranges.Add(range.ToArray());
        }

        return new AffectedPackage(Text(affected.Package), ranges, Texts(affected.Versions),
            (Severity)affected.Severity, Text(affected.SeveritySource), Text(affected.Cvss), (AffectedTraits)affected.Traits);
    }
}
