using System.IO.Compression;
using PatchContainers.Advisories;
using PatchContainers.Advisories.Database;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Versions;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Advisories;

/// <summary>A state folder of a test's own, with what it takes to import advisories and to ask for verdicts.</summary>
internal sealed class AdvisoryFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _sources;

    public AdvisoryFixture()
    {
        State = new PatchState(_folder["state"]);
        Catalog = new AdvisoryCatalog(State);
    }

    public PatchState State { get; }

    public AdvisoryCatalog Catalog { get; }

    public NoticeList Notices { get; } = new();

    public string Folder => _folder.Path;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Writes a source file and gives its path.</summary>
    public string Source(string text, string name = "records.json") => Source(System.Text.Encoding.UTF8.GetBytes(text), name);

    public string Source(byte[] bytes, string name)
    {
        var path = _folder[$"source{++_sources}", name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Writes a zip and gives its path.</summary>
    public string Zip(params (string Name, string Text)[] entries)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in entries)
            {
                using var stream = zip.CreateEntry(name).Open();
                stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            }
        }

        return Source(memory.ToArray(), "all.zip");
    }

    public Task<AdvisoryImportResult> ImportAsync(string path, AdvisoryImportOptions? options = null) =>
        new AdvisoryImporter(State).ImportAsync(path, options ?? new AdvisoryImportOptions(), Notices, Token);

    public Task<AdvisoryImportResult> ImportTextAsync(params object[] records) =>
        ImportAsync(Source($"[{string.Join(",", records.Select(r => r.ToString()))}]"));

    public AdvisoryDatabase Open(string ecosystem) => AdvisoryDatabase.Open(Catalog.PathOf(ecosystem));

    /// <summary>The verdicts on a package, as <c>CVE state fix version</c>.</summary>
    public string[] Match(string ecosystem, string package, string version)
    {
        using var database = Open(ecosystem);
        var verdicts = new List<AdvisoryVerdict>();
        new AdvisoryMatcher(ecosystem.StartsWith("Alpine", StringComparison.Ordinal) ? VersionOrder.Alpine : VersionOrder.Debian)
            .Match(database, package, version, includeUnaffected: false, verdicts);
        return verdicts.Select(v => v.State == VerdictState.Unknown
            ? $"{v.Vulnerability} ? {database.Text(v.FaultyVersion)}"
            : $"{v.Vulnerability} {v.Fix}{(v.Fix == FixState.Fixed ? " " + database.Text(v.FixedVersion) : string.Empty)}").ToArray();
    }

    public void Dispose() => _folder.Dispose();
}
