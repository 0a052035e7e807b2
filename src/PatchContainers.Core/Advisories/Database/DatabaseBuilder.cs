using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PatchContainers.Advisories.Database;

/// <summary>
/// Compiles the advisories of one ecosystem. Records are added in the order of their ids and kept in the compiled form at once, so that
/// memory is about the file's size; the same records give the same bytes.
/// </summary>
internal sealed class DatabaseBuilder
{
    private readonly string _ecosystem;
    private readonly ArrayBufferWriter<byte> _strings = new();
    private readonly Dictionary<string, uint> _stringRefs = new(StringComparer.Ordinal) { [string.Empty] = 0 };
    private readonly Dictionary<string, uint> _listRefs = new(StringComparer.Ordinal);
    private readonly List<uint> _lists = [0];
    private readonly List<DatabaseFormat.Record> _records = [];
    private readonly List<DatabaseFormat.Affected> _affected = [];
    private readonly List<DatabaseFormat.Event> _events = [];
    private long _rows;

    /// <summary>Begins a database.</summary>
    /// <param name="ecosystem">The ecosystem, for example <c>Debian:12</c>.</param>
    public DatabaseBuilder(string ecosystem)
    {
        _ecosystem = ecosystem;
        _strings.GetSpan(1)[0] = 0;
        _strings.Advance(1);
    }

    /// <summary>How many records have been added.</summary>
    public int RecordCount => _records.Count;

    /// <summary>How many packages the records name; known once written.</summary>
    public int PackageCount { get; private set; }

    /// <summary>Adds a record. Ids come in ordinal order, each once.</summary>
    public void Add(AdvisoryRecord record)
    {
        var vulnerabilities = new List<uint>(record.Vulnerabilities.Count * 2);
        foreach (var vulnerability in record.Vulnerabilities)
        {
            vulnerabilities.Add(StringRef(vulnerability.Id));
            vulnerabilities.Add(ListRef(vulnerability.Aliases.Select(StringRef)));
        }

        _records.Add(new DatabaseFormat.Record
        {
            Id = StringRef(record.Id),
            Url = StringRef(record.Url),
            ModifiedTicks = record.Modified.UtcTicks,
            Vulnerabilities = ListRef(vulnerabilities),
            FirstAffected = (uint)_affected.Count,
            AffectedCount = (uint)record.Affected.Count,
            IsNotice = record.IsNotice ? 1u : 0,
        });
        foreach (var affected in record.Affected)
        {
            var firstEvent = (uint)_events.Count;
            foreach (var range in affected.Ranges)
            {
                for (var i = 0; i < range.Length; i++)
                {
                    _events.Add(new DatabaseFormat.Event(range[i].Kind, i == 0, StringRef(range[i].Version)));
                }
            }

            _affected.Add(new DatabaseFormat.Affected
            {
                Package = StringRef(affected.Package),
                FirstEvent = firstEvent,
                EventCount = (uint)_events.Count - firstEvent,
                Versions = ListRef(affected.Versions.Select(StringRef)),
                Cvss = StringRef(affected.Cvss),
                SeveritySource = StringRef(affected.SeveritySource),
                Severity = (byte)affected.Severity,
                Traits = (byte)affected.Traits,
            });
        }

        _rows += (long)record.Vulnerabilities.Count * record.Affected.Count;
        if (_rows * Unsafe.SizeOf<DatabaseFormat.Row>() > DatabaseFormat.MaxBytes)
        {
            throw TooLarge();
        }

        if (_strings.WrittenCount > DatabaseFormat.MaxStringBytes)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, _ecosystem,
                $"The advisories of {_ecosystem} hold more than {DatabaseFormat.MaxStringBytes:N0} bytes of distinct text, which is the limit.");
        }
    }

    /// <summary>Writes the database. The stream is left at its end.</summary>
    /// <param name="stream">Writable and seekable, at its beginning.</param>
    /// <param name="databaseTime">When the advisories were made.</param>
    public unsafe void Write(Stream stream, DateTimeOffset databaseTime)
    {
        var ecosystem = StringRef(_ecosystem);
        var (packages, rows) = Index();
        PackageCount = packages.Length;
        var strings = _strings.WrittenSpan;

        var header = new DatabaseFormat.Header
        {
            Version = DatabaseFormat.Version,
            HeaderLength = (uint)sizeof(DatabaseFormat.Header),
            DatabaseTimeTicks = databaseTime.UtcTicks,
            Ecosystem = ecosystem,
        };
        DatabaseFormat.Magic.CopyTo(new Span<byte>(header.Magic, DatabaseFormat.Magic.Length));
        long end = sizeof(DatabaseFormat.Header);
        header.Strings = Place(strings.Length);
        header.Lists = Place((long)_lists.Count * sizeof(uint));
        header.Records = Place((long)_records.Count * sizeof(DatabaseFormat.Record));
        header.Affected = Place((long)_affected.Count * sizeof(DatabaseFormat.Affected));
        header.Events = Place((long)_events.Count * sizeof(DatabaseFormat.Event));
        header.Packages = Place((long)packages.Length * sizeof(DatabaseFormat.Package));
        header.Rows = Place((long)rows.Length * sizeof(DatabaseFormat.Row));
        header.FileLength = end;

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Put(new ReadOnlySpan<byte>(&header, sizeof(DatabaseFormat.Header)));
        Put(strings);
        Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_lists)));
        Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_records)));
        Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_affected)));
        Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_events)));
        Put(MemoryMarshal.AsBytes(packages.AsSpan()));
        Put(MemoryMarshal.AsBytes(rows.AsSpan()));
        stream.Position = DatabaseFormat.ChecksumOffset;
        stream.Write(hash.GetHashAndReset());
        stream.Position = end;

        DatabaseFormat.Section Place(long length)
        {
            var section = new DatabaseFormat.Section { Offset = (uint)end, Length = (uint)length };
            end += (length + 3) & ~3;
            return end <= DatabaseFormat.MaxBytes ? section : throw TooLarge();
        }

        void Put(ReadOnlySpan<byte> bytes)
        {
            ReadOnlySpan<byte> padding = [0, 0, 0];
            padding = padding[..(-bytes.Length & 3)];
            hash.AppendData(bytes);
            hash.AppendData(padding);
            stream.Write(bytes);
            stream.Write(padding);
        }
    }

    private PatchException TooLarge() => new(PatchErrorCode.LimitExceeded, _ecosystem,
        $"The advisories of {_ecosystem} compile to more than {DatabaseFormat.MaxBytes:N0} bytes, the limit of a database.");

    private (DatabaseFormat.Package[] Packages, DatabaseFormat.Row[] Rows) Index()
    {
        var rows = new List<DatabaseFormat.Row>(_affected.Count);
        for (var record = 0; record < _records.Count; record++)
        {
            var vulnerabilities = _records[record].Vulnerabilities;
            for (var i = 1u; i <= _lists[(int)vulnerabilities]; i += 2)
            {
                for (var a = 0u; a < _records[record].AffectedCount; a++)
                {
                    rows.Add(new DatabaseFormat.Row
                    {
                        Vulnerability = _lists[(int)(vulnerabilities + i)],
                        Record = (uint)record,
                        Affected = _records[record].FirstAffected + a,
                    });
                }
            }
        }

        // The order of the strings decides, not that of their offsets.
        var rank = new Dictionary<uint, int>(_stringRefs.Count);
        foreach (var text in _stringRefs.Keys.Order(Utf8Order.Instance))
        {
            rank.Add(_stringRefs[text], rank.Count);
        }

        var affected = _affected;
        rows.Sort((a, b) =>
        {
            var order = rank[affected[(int)a.Affected].Package].CompareTo(rank[affected[(int)b.Affected].Package]);
            order = order != 0 ? order : rank[a.Vulnerability].CompareTo(rank[b.Vulnerability]);
            return order != 0 ? order : a.Affected.CompareTo(b.Affected);
        });

        var packages = new List<DatabaseFormat.Package>();
        var span = CollectionsMarshal.AsSpan(rows);
        for (var i = 0; i < span.Length;)
        {
            var name = affected[(int)span[i].Affected].Package;
            var first = i;
            while (i < span.Length && affected[(int)span[i].Affected].Package == name)
            {
                i++;
            }

            packages.Add(new DatabaseFormat.Package { Name = name, FirstRow = (uint)first, RowCount = (uint)(i - first) });
        }

        return (packages.ToArray(), rows.ToArray());
    }

    private uint StringRef(string text)
    {
        if (_stringRefs.TryGetValue(text, out var known))
        {
            return known;
        }

        var reference = (uint)_strings.WrittenCount;
        var length = Encoding.UTF8.GetByteCount(text);
        var span = _strings.GetSpan(length + 5);
        var at = 0;
        for (var rest = (uint)length; ; rest >>= 7)
        {
            span[at++] = (byte)(rest > 0x7F ? rest | 0x80 : rest);
            if (rest <= 0x7F)
            {
                break;
            }
        }

        at += Encoding.UTF8.GetBytes(text, span[at..]);
        _strings.Advance(at);
        _stringRefs.Add(text, reference);
        return reference;
    }

    /// <summary>A list's reference; equal lists are one.</summary>
    private uint ListRef(IEnumerable<uint> items)
    {
        var words = items.ToArray();
        if (words.Length == 0)
        {
            return 0;
        }

        // The words as characters make a key without a comparer of its own.
        var key = string.Create(words.Length * 2, words, static (chars, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                chars[2 * i] = (char)(source[i] >> 16);
                chars[(2 * i) + 1] = (char)(source[i] & 0xFFFF);
            }
        });
        if (!_listRefs.TryGetValue(key, out var reference))
        {
            reference = (uint)_lists.Count;
            _lists.Add((uint)words.Length);
            _lists.AddRange(words);
            _listRefs.Add(key, reference);
        }

        return reference;
    }
}
