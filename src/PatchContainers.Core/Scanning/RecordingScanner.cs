using System.Globalization;
using System.Runtime.CompilerServices;
using PatchContainers.History;

namespace PatchContainers.Scanning;

/// <summary>
/// A scanner whose results stand in the history: one record for each result, written before the result is given out. It is for the scans
/// that somebody asks for; those that prove an update or open a gate are part of that decision's own record.
/// </summary>
public sealed class RecordingScanner : IImageScanner
{
    private readonly IImageScanner _scanner;
    private readonly IHistoryStore _history;

    /// <summary>Makes a scanner that records what another one finds.</summary>
    /// <param name="scanner">What scans.</param>
    /// <param name="history">Where results are recorded.</param>
    public RecordingScanner(IImageScanner scanner, IHistoryStore history)
    {
        _scanner = scanner;
        _history = history;
    }

    /// <inheritdoc/>
    public string Name => _scanner.Name;

    /// <inheritdoc/>
    /// <exception cref="PatchException">What the scanner says, or the history cannot be appended to.</exception>
    public async IAsyncEnumerable<ImageScanResult> ScanAsync(
        ScanTarget target, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var result in _scanner.ScanAsync(target, notices, cancellationToken).ConfigureAwait(false))
        {
            await _history.AppendAsync(RecordOf(result), cancellationToken).ConfigureAwait(false);
            yield return result;
        }
    }

    /// <summary>What the history says of a scan. It has no key: the same image has other findings when there are other advisories.</summary>
    internal static PatchRecord RecordOf(ImageScanResult result) => new()
    {
        Time = result.ScannedAt,
        Kind = PatchRecordKind.Scan,
        Image = result.Image,
        OldDigest = result.Digest,
        Outcome = "Scanned",
        Findings = result.Findings.Where(f => f.Suppressed.Length == 0 && f.FixState != FixState.NotAffected)
            .Select(f => f.Id).Distinct(StringComparer.Ordinal).ToArray(),
        Detail = Describe(result),
    };

    private static string Describe(ImageScanResult result)
    {
        var advisories = result.Scanner.DatabaseTime is { } time
            ? $"advisories of {time.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}"
            : "advisories without a date";
        var platform = result.Platform.Length > 0 ? $"{result.Platform}: " : string.Empty;
        return platform + string.Create(CultureInfo.InvariantCulture, $"{result.CriticalCount} critical, {result.HighCount} high, ")
            + string.Create(CultureInfo.InvariantCulture, $"{result.MediumCount} medium, {result.LowCount} low, ")
            + string.Create(CultureInfo.InvariantCulture, $"{result.UnknownCount} unknown; {result.FixableCount} fixable, ")
            + string.Create(CultureInfo.InvariantCulture, $"{result.Unassessed.Count} not assessed. ")
            + $"{result.Scanner.Name} {result.Scanner.Version}, {advisories}."
            + string.Concat(result.FailedScanners.Select(f => $" Failed: {f}"));
    }
}
