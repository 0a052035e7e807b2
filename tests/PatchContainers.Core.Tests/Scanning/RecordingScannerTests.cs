using System.Runtime.CompilerServices;
using PatchContainers.Core.Tests.Records;
using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning;

public sealed class RecordingScannerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HistoryFile _history;

    public RecordingScannerTests() => _history = new HistoryFile(_folder["history.jsonl"], new FakeClock());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _history.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_a_scan_found_is_in_the_history_by_image_and_by_vulnerability()
    {
        var scan = RecordSamples.Scan;
        await ScanAsync(scan);

        var record = Assert.Single(await ReadAsync(new HistoryFilter { Vulnerability = "CVE-2024-0001", Image = scan.Image }));
        Assert.Equal((PatchRecordKind.Scan, scan.Image, scan.Digest, "Scanned", scan.ScannedAt),
            (record.Kind, record.Image, record.OldDigest, record.Outcome, record.Time));
        Assert.Equal($"{scan.Platform}: {scan.CriticalCount} critical, {scan.HighCount} high, {scan.MediumCount} medium, "
            + $"{scan.LowCount} low, {scan.UnknownCount} unknown; {scan.FixableCount} fixable, {scan.Unassessed.Count} not assessed. "
            + "Embedded 0.1.0, advisories of 2026-03-01 12:30:15Z. Failed: Anchore: it did not answer.", record.Detail);
    }

    [Fact]
    public async Task Only_findings_that_count_are_recorded_and_each_once()
    {
        Finding finding = new() { Id = "CVE-1", Package = "libssl3", Version = "1" };
        await ScanAsync(RecordSamples.Scan with
        {
            Findings =
            [
                finding, finding with { Package = "openssl" },
                finding with { Id = "CVE-2", Suppressed = "not reachable" }, finding with { Id = "CVE-3", FixState = FixState.NotAffected },
            ],
        });

        Assert.Equal(["CVE-1"], Assert.Single(await ReadAsync(new HistoryFilter())).Findings);
    }

    [Fact]
    public async Task Each_platform_and_each_scan_has_its_record()
    {
        var clean = RecordSamples.Scan with { Findings = [], Unassessed = Array.Empty<UnassessedPackage>(), Platform = "linux/arm64" };
        await ScanAsync(RecordSamples.Scan, clean);
        await ScanAsync(RecordSamples.Scan, clean);

        var records = await ReadAsync(new HistoryFilter());
        Assert.Equal(["linux/amd64", "linux/arm64", "linux/amd64", "linux/arm64"], records.Select(r => r.Detail.Split(':')[0]));
        Assert.Empty(records[1].Findings);
    }

    private async Task ScanAsync(params ImageScanResult[] results)
    {
        var given = new List<ImageScanResult>();
        var target = new ScanTarget { Image = ImageReference.Parse(results[0].Image), Name = results[0].Image };
        await foreach (var result in new RecordingScanner(new FixedScanner(results), _history).ScanAsync(target, new NoticeList(), Token))
        {
            given.Add(result);
            Assert.Same(result, results[given.Count - 1]);
        }

        Assert.Equal(results.Length, given.Count);
    }

    private async Task<List<PatchRecord>> ReadAsync(HistoryFilter filter)
    {
        var records = new List<PatchRecord>();
        await foreach (var record in _history.ReadAsync(filter, Token))
        {
            records.Add(record);
        }

        return records;
    }

    /// <summary>Finds what it was told.</summary>
    private sealed class FixedScanner(ImageScanResult[] results) : IImageScanner
    {
        public string Name => "Fixed";

        public async IAsyncEnumerable<ImageScanResult> ScanAsync(
            ScanTarget target, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            foreach (var result in results)
            {
                yield return result;
            }
        }
    }
}
