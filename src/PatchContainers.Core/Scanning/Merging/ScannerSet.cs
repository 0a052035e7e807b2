using System.Runtime.CompilerServices;

namespace PatchContainers.Scanning.Merging;

/// <summary>Several scanners as one: each scans the image, and their results become one for each platform.</summary>
/// <param name="scanners">The scanners, the one whose words count first in front.</param>
/// <param name="separate">Whether each one's results stay its own.</param>
/// <param name="allowPartial">Whether the others count where one fails; the result says which failed.</param>
internal sealed class ScannerSet(IReadOnlyList<IImageScanner> scanners, bool separate, bool allowPartial) : IImageScanner
{
    /// <inheritdoc/>
    public string Name { get; } = string.Join(", ", scanners.Select(s => s.Name));

    /// <inheritdoc/>
    /// <exception cref="PatchException">What the first scanner says that fails, unless the others count alone.</exception>
    public async IAsyncEnumerable<ImageScanResult> ScanAsync(
        ScanTarget target, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(notices);
        var (results, faults) = (new List<ImageScanResult>(), new List<PatchException>());
        foreach (var scanner in scanners)
        {
            try
            {
                // All of one scanner's platforms, or none: half of them would be a partial result that nothing marks.
                var found = new List<ImageScanResult>();
                await foreach (var result in scanner.ScanAsync(target, notices, cancellationToken).ConfigureAwait(false))
                {
                    found.Add(result);
                }

                results.AddRange(found);
            }
            catch (PatchException e) when (separate || allowPartial)
            {
                faults.Add(e);
            }
        }

        foreach (var result in ScanMerger.Complete(results, faults, separate, notices))
        {
            yield return result;
        }
    }
}
