using PatchContainers.Advisories;
using PatchContainers.Core.Tests.Advisories;

namespace PatchContainers.Core.Tests.Scanning;

/// <summary>The databases of all of Debian's data, imported once for all tests of a class.</summary>
public sealed class DebianDatabases : IDisposable
{
    private AdvisoryImportResult? _result;

    /// <summary>Where the databases are.</summary>
    internal AdvisoryFixture Fixture { get; } = new();

    /// <summary>Imports the data as osv.dev writes it; skips the test where there is none.</summary>
    public async Task<AdvisoryImportResult> ImportAsync()
    {
        if (_result is null)
        {
            var zip = Path.Combine(Fixture.Folder, "all.zip");
            DebianData.WriteZip(zip);
            _result = await Fixture.ImportAsync(zip);
        }

        return _result;
    }

    /// <inheritdoc/>
    public void Dispose() => Fixture.Dispose();
}
