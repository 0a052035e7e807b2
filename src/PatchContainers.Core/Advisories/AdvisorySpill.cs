using System.Text;
using PatchContainers.Advisories.Osv;
using PatchContainers.Scanning;

namespace PatchContainers.Advisories;

/// <summary>
/// The records of one import, in a temporary file, until they are compiled ecosystem by ecosystem. In memory are only ids, times and
/// offsets.
/// </summary>
internal sealed class AdvisorySpill : IDisposable
{
    private readonly FileStream _file;
    private readonly BinaryWriter _writer;
    private readonly BinaryReader _reader;
    private readonly Dictionary<string, (long ModifiedTicks, int Sequence)> _newest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _familyTimes = new(StringComparer.Ordinal);
    private readonly int _maxEcosystems;
    private int _sequence;

    /// <summary>Where one record's part for one ecosystem lies.</summary>
    private readonly record struct Entry(string Id, int Sequence, long Offset);

    /// <summary>Makes the file; it goes away with this object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxEcosystems">The most ecosystems that records may name.</param>
    public AdvisorySpill(string path, int maxEcosystems)
    {
        _maxEcosystems = maxEcosystems;
        _file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose);
        _writer = new BinaryWriter(_file, Encoding.UTF8, leaveOpen: true);
        _reader = new BinaryReader(_file, Encoding.UTF8, leaveOpen: true);
    }

    /// <summary>How many records were withdrawn.</summary>
    public int Withdrawn { get; private set; }

    /// <summary>The newest change; null where nothing was added.</summary>
    public DateTimeOffset? Newest { get; private set; }

    /// <summary>The ecosystems that records name.</summary>
    public IReadOnlyCollection<string> Ecosystems => _entries.Keys;

    /// <summary>Adds a record.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.LimitExceeded"/>: too many ecosystems.</exception>
    public void Add(OsvRecord record)
    {
        var sequence = _sequence++;
        Newest = Newest is { } newest && newest > record.Modified ? newest : record.Modified;
        Withdrawn += record.IsWithdrawn ? 1 : 0;
        if (_newest.TryGetValue(record.Id, out var known) && known.ModifiedTicks > record.Modified.UtcTicks)
        {
            return;
        }

        _newest[record.Id] = (record.Modified.UtcTicks, sequence);
        foreach (var (ecosystem, part) in record.Ecosystems)
        {
            var family = FamilyOf(ecosystem);
            _familyTimes[family] = _familyTimes.TryGetValue(family, out var time) && time > record.Modified ? time : record.Modified;
            if (!_entries.TryGetValue(ecosystem, out var entries))
            {
                if (_entries.Count == _maxEcosystems)
                {
                    throw new PatchException(PatchErrorCode.LimitExceeded, record.Id,
                        $"With {record.Id} the source names more than {_maxEcosystems:N0} ecosystems, which is the limit. Import it in parts.");
                }

                _entries.Add(ecosystem, entries = []);
            }

            entries.Add(new Entry(record.Id, sequence, _file.Position));
            Write(part);
        }
    }

    /// <summary>When the newest advisory of the ecosystem's family (<c>Debian</c>) was changed; null where the import has none.</summary>
    public DateTimeOffset? FamilyTime(string ecosystem) => _familyTimes.TryGetValue(FamilyOf(ecosystem), out var time) ? time : null;

    /// <summary>Whether the import holds the record.</summary>
    public bool Holds(string id) => _newest.ContainsKey(id);

    /// <summary>Drops a record that is known in a form changed later than the import's.</summary>
    public void DropOlderThan(string id, DateTimeOffset modified)
    {
        if (_newest.TryGetValue(id, out var known) && known.ModifiedTicks < modified.UtcTicks)
        {
            _newest.Remove(id);
        }
    }

    /// <summary>
    /// The records of an ecosystem, ordered by id, each once: the form that was changed last, and of equally old ones the one read last.
    /// </summary>
    public IEnumerable<AdvisoryRecord> Read(string ecosystem)
    {
        if (!_entries.TryGetValue(ecosystem, out var entries))
        {
            yield break;
        }

        _writer.Flush();
        var valid = entries.Where(e => _newest.TryGetValue(e.Id, out var newest) && newest.Sequence == e.Sequence);
        foreach (var entry in valid.OrderBy(e => e.Id, StringComparer.Ordinal))
        {
            _file.Position = entry.Offset;
            yield return ReadPart(entry.Id);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _reader.Dispose();
        _file.Dispose();
    }

    private static string FamilyOf(string ecosystem) => ecosystem.Split(':', 2)[0];

    private void Write(AdvisoryRecord record)
    {
        _writer.Write(record.Modified.UtcTicks);
        _writer.Write(record.Url);
        _writer.Write(record.IsNotice);
        _writer.Write(record.Vulnerabilities.Count);
        foreach (var vulnerability in record.Vulnerabilities)
        {
            _writer.Write(vulnerability.Id);
            Write(vulnerability.Aliases);
        }

        _writer.Write(record.Affected.Count);
        foreach (var affected in record.Affected)
        {
            _writer.Write(affected.Package);
            _writer.Write(affected.Ranges.Count);
            foreach (var range in affected.Ranges)
            {
                _writer.Write(range.Length);
                foreach (var item in range)
                {
                    _writer.Write((byte)item.Kind);
                    _writer.Write(item.Version);
                }
            }

            Write(affected.Versions);
            _writer.Write((byte)affected.Severity);
            _writer.Write(affected.SeveritySource);
            _writer.Write(affected.Cvss);
            _writer.Write((byte)affected.Traits);
        }
    }

    private AdvisoryRecord ReadPart(string id)
    {
        var modified = new DateTimeOffset(_reader.ReadInt64(), TimeSpan.Zero);
        var url = _reader.ReadString();
        var isNotice = _reader.ReadBoolean();
        var vulnerabilities = new AdvisoryVulnerability[_reader.ReadInt32()];
        for (var i = 0; i < vulnerabilities.Length; i++)
        {
            vulnerabilities[i] = new AdvisoryVulnerability(_reader.ReadString(), ReadTexts());
        }

        var affected = new AffectedPackage[_reader.ReadInt32()];
        for (var i = 0; i < affected.Length; i++)
        {
            var package = _reader.ReadString();
            var ranges = new RangeEvent[_reader.ReadInt32()][];
            for (var r = 0; r < ranges.Length; r++)
            {
                ranges[r] = new RangeEvent[_reader.ReadInt32()];
                for (var e = 0; e < ranges[r].Length; e++)
                {
                    ranges[r][e] = new RangeEvent((RangeEventKind)_reader.ReadByte(), _reader.ReadString());
                }
            }

            affected[i] = new AffectedPackage(package, ranges, ReadTexts(),
                (Severity)_reader.ReadByte(), _reader.ReadString(), _reader.ReadString(), (AffectedTraits)_reader.ReadByte());
        }

        return new AdvisoryRecord(id, modified, url, isNotice, vulnerabilities, affected);
    }

    private void Write(IReadOnlyList<string> texts)
    {
        _writer.Write(texts.Count);
        foreach (var text in texts)
        {
            _writer.Write(text);
        }
    }

    private string[] ReadTexts()
    {
        var texts = new string[_reader.ReadInt32()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = _reader.ReadString();
        }

        return texts;
    }
}
