using System.Runtime.CompilerServices;
using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Scanning.Merging;
using PatchContainers.Stores;

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
/// <param name="images">Reads the indexes of images: a scanner may know a multi-arch image by the manifest of one platform alone.</param>
/// <param name="time">The clock: a report may be old, and is read now.</param>
public sealed class ScanReportService(ScanReportReader reader, IHistoryStore history, ImageResolver images, TimeProvider time)
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
                results.AddRange(await ReadAsync(path, run.Options, cancellationToken).ConfigureAwait(false));
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

    private async Task<IReadOnlyList<ImageScanResult>> ReadAsync(string path, ScanReportOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(() => reader.Read(path, options, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Data[ScanReportReader.OtherDigestKey] is string)
        {
            var platforms = await FindPlatformsAsync(options, e, cancellationToken).ConfigureAwait(false);
            if (!platforms.ContainsKey((string)e.Data[ScanReportReader.OtherDigestKey]!))
            {
                throw;
            }

            return await Task.Run(() => reader.Read(path, options with { Platforms = platforms }, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    // Only where a report is of another digest than the one that is named: the registry, or wherever the image lies, is asked for its index.
    private async Task<Dictionary<string, string>> FindPlatformsAsync(
        ScanReportOptions options, PatchException other, CancellationToken cancellationToken)
    {
        if (!ImageReference.TryParse(options.Image, out var image, out _) || !Digest.TryParse(options.Digest, out var digest))
        {
            return [];
        }

        try
        {
            var root = await images.ResolveRootAsync(image.WithDigest(digest), cancellationToken).ConfigureAwait(false);
            return root.Images.DistinctBy(i => i.Digest).ToDictionary(i => i.Digest.ToString(), i => i.Platform?.ToString() ?? string.Empty);
        }
        catch (PatchException e)
        {
            throw new PatchException(other.Code, other.Target,
                $"{other.Message} Whether that is one of its platforms is not known: {e.Message}", e);
        }
    }
}
