using System.Runtime.CompilerServices;
using PatchContainers.History;
using PatchContainers.Scanning.Merging;

namespace PatchContainers.Scanning.Reports;

/// <summary>How several reports become results.</summary>
public sealed record ScanReportRun
{
    /// <summary>The files.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>What is known of them besides.</summary>
    public ScanReportOptions Options { get; init; } = new();

    /// <summary>Whether those of one image stay apart; else they become one result.</summary>
    public bool Separate { get; init; }

    /// <summary>Whether the others count where one cannot be read; the result says which it was.</summary>
    public bool AllowPartial { get; init; }
}

/// <summary>Reads the reports of scanners, and records what they found in the history.</summary>
/// <param name="reader">Reads one.</param>
/// <param name="history">The history.</param>
/// <param name="time">The clock: a report may be old, and is read now.</param>
public sealed class ScanReportService(ScanReportReader reader, IHistoryStore history, TimeProvider time)
{
    /// <summary>
    /// Reads reports. Merged, all of them have to be read before anything is said; apart, one that cannot be read is told as a notice, and
    /// the others go on.
    /// </summary>
    /// <exception cref="PatchException">What <see cref="ScanReportReader.Read"/> says of a report, and the others do not count alone; the
    /// history cannot be appended to.</exception>
    public async IAsyncEnumerable<ImageScanResult> ReadAsync(
        ScanReportRun run, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(notices);
        var (results, faults) = (new List<ImageScanResult>(), new List<PatchException>());
        foreach (var path in run.Paths)
        {
            try
            {
                results.AddRange(await Task.Run(() => reader.Read(path, run.Options, cancellationToken), cancellationToken)
                    .ConfigureAwait(false));
            }
            catch (PatchException e) when (run.Paths.Count > 1 && (run.Separate || run.AllowPartial))
            {
                faults.Add(e);
            }
        }

        foreach (var result in ScanMerger.Complete(results, faults, run.Separate, notices))
        {
            var record = RecordingScanner.RecordOf(result);
            await history.AppendAsync(record with
            {
                Time = time.GetUtcNow(),
                Detail = $"{record.Detail} Read from {string.Join(", ", run.Paths.Select(Path.GetFileName))}, "
                    + $"made {result.ScannedAt.UtcDateTime:u}.",
            }, cancellationToken).ConfigureAwait(false);
            yield return result;
        }
    }
}
