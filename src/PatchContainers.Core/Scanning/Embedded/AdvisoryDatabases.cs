using PatchContainers.Advisories;
using PatchContainers.Advisories.Database;

namespace PatchContainers.Scanning.Embedded;

/// <summary>The databases that are open: each is opened when it is first asked for, and again when its file has changed.</summary>
internal sealed class AdvisoryDatabases : IDisposable
{
    private readonly AdvisoryCatalog _catalog;
    private readonly Dictionary<string, (AdvisoryDatabase Database, DateTime Written, long Length)> _open = new(StringComparer.Ordinal);
    private readonly List<AdvisoryDatabase> _outdated = [];
    private readonly object _gate = new();

    /// <summary>Opens nothing yet.</summary>
    public AdvisoryDatabases(AdvisoryCatalog catalog) => _catalog = catalog;

    /// <summary>The database of an ecosystem; null where there is none.</summary>
    public AdvisoryDatabase? TryOpen(string ecosystem)
    {
        var file = new FileInfo(_catalog.PathOf(ecosystem));
        lock (_gate)
        {
            if (_open.TryGetValue(ecosystem, out var known))
            {
                if (file.Exists && file.LastWriteTimeUtc == known.Written && file.Length == known.Length)
                {
                    return known.Database;
                }

                // A scan may still be reading it.
                _outdated.Add(known.Database);
                _open.Remove(ecosystem);
            }

            if (!file.Exists)
            {
                return null;
            }

            var database = AdvisoryDatabase.Open(file.FullName);
            if (database.Ecosystem != ecosystem)
            {
                database.Dispose();
                throw new PatchException(PatchErrorCode.InvalidData, file.FullName,
                    $"The advisory database '{file.FullName}' holds the advisories of {database.Ecosystem}, and was renamed: its name says "
                    + $"{ecosystem}. Delete it, and import the advisories of {ecosystem}.");
            }

            _open.Add(ecosystem, (database, file.LastWriteTimeUtc, file.Length));
            return database;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var database in _open.Values.Select(o => o.Database).Concat(_outdated))
            {
                database.Dispose();
            }

            _open.Clear();
            _outdated.Clear();
        }
    }
}
