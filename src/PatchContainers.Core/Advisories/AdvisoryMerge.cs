using PatchContainers.Advisories.Database;

namespace PatchContainers.Advisories;

/// <summary>
/// Merges an import into the databases that are there. Of two forms of a record the later one counts in every ecosystem: one that no
/// longer names a release, or was withdrawn, goes from that release's database too.
/// </summary>
internal sealed class AdvisoryMerge
{
    private readonly AdvisoryCatalog _catalog;
    private readonly AdvisorySpill _spill;
    private readonly bool _replace;
    private readonly IProgress<PatchNotice> _notices;

    /// <summary>Makes ready.</summary>
    public AdvisoryMerge(AdvisoryCatalog catalog, AdvisorySpill spill, bool replace, IProgress<PatchNotice> notices)
    {
        _catalog = catalog;
        _spill = spill;
        _replace = replace;
        _notices = notices;
    }

    /// <summary>Writes the databases that change, and describes them.</summary>
    public AdvisoryEcosystem[] Write(CancellationToken cancellationToken)
    {
        if (!_replace)
        {
            DropOlder(cancellationToken);
        }

        var written = new List<AdvisoryEcosystem>();
        var count = 0;
        foreach (var ecosystem in _spill.Ecosystems.Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var percent = count++ * 100 / _spill.Ecosystems.Count;
            _notices.Report(new PatchNotice.Progress("Compiling advisories", ecosystem, percent));
            using var existing = _replace ? null : TryOpen(_catalog.PathOf(ecosystem), "This import takes its place.");
            if (Write(ecosystem, existing) is { } description)
            {
                written.Add(description);
            }
        }

        var done = _spill.Ecosystems.Select(_catalog.PathOf).ToHashSet(StringComparer.Ordinal);
        foreach (var path in _catalog.Files().Where(f => !done.Contains(f)).Order(StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var existing = TryOpen(path, "This import holds nothing for it.");
            if (existing is not null && IsChanged(existing) && Write(existing.Ecosystem, existing) is { } description)
            {
                written.Add(description);
            }
        }

        return written.OrderBy(e => e.Name, StringComparer.Ordinal).ToArray();
    }

    private AdvisoryDatabase? TryOpen(string path, string? consequence)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return AdvisoryDatabase.Open(path);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.InvalidData)
        {
            if (consequence is not null)
            {
                _notices.Report(new PatchNotice.Warning($"{e.Message} {consequence}"));
            }

            return null;
        }
    }

    private bool IsChanged(AdvisoryDatabase existing)
    {
        if (_spill.FamilyTime(existing.Ecosystem) is { } time && time > existing.DatabaseTime)
        {
            return true;
        }

        for (var i = 0; i < existing.Records.Length; i++)
        {
            if (IsSuperseded(existing, i))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsSuperseded(AdvisoryDatabase existing, int index) => _spill.Holds(existing.Text(existing.Records[index].Id));

    // A record may be known in a later form in one ecosystem alone; its older form must not come back in another.
    private void DropOlder(CancellationToken cancellationToken)
    {
        foreach (var path in _catalog.Files())
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var existing = TryOpen(path, null);
            for (var i = 0; i < (existing?.Records.Length ?? 0); i++)
            {
                var record = existing!.Records[i];
                _spill.DropOlderThan(existing.Text(record.Id), new DateTimeOffset(record.ModifiedTicks, TimeSpan.Zero));
            }
        }
    }

    private AdvisoryEcosystem? Write(string ecosystem, AdvisoryDatabase? existing)
    {
        var builder = new DatabaseBuilder(ecosystem);
        var next = 0;
        foreach (var record in _spill.Read(ecosystem))
        {
            next = Keep(builder, existing, next, record.Id);
            builder.Add(record);
        }

        Keep(builder, existing, next, null);
        var path = _catalog.PathOf(ecosystem);
        if (builder.RecordCount == 0)
        {
            // An empty database would let every package pass. Without one, a scan says that there are no advisories.
            File.Delete(path);
            return null;
        }

        var time = _spill.FamilyTime(ecosystem) is { } family && (existing is null || family > existing.DatabaseTime)
            ? family
            : existing!.DatabaseTime;
        existing?.Dispose();
        Save(builder, path, time);
        return new AdvisoryEcosystem
        {
            Name = ecosystem,
            Records = builder.RecordCount,
            Packages = builder.PackageCount,
            DatabaseTime = time,
            Path = path,
            Bytes = new FileInfo(path).Length,
        };
    }

    /// <summary>Keeps the existing records before an id that the import does not take away.</summary>
    private int Keep(DatabaseBuilder builder, AdvisoryDatabase? existing, int next, string? before)
    {
        for (; existing is not null && next < existing.Records.Length; next++)
        {
            if (before is not null && string.CompareOrdinal(existing.Text(existing.Records[next].Id), before) >= 0)
            {
                break;
            }

            if (!IsSuperseded(existing, next))
            {
                builder.Add(existing.ReadRecord(next));
            }
        }

        return next;
    }

    private static void Save(DatabaseBuilder builder, string path, DateTimeOffset time)
    {
        var temporary = DurableFile.TemporaryPath(path);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 * 1024))
            {
                builder.Write(stream, time);
                stream.Flush(flushToDisk: true);
            }

            DurableFile.Replace(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
