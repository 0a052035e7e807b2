using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.Updating.Rebase;

namespace PatchContainers.Updating;

/// <summary>Proves a written image: it is read back anew, and scanned.</summary>
internal sealed class UpdateVerifier
{
    private readonly IImageStore _store;
    private readonly IImageScanner? _scanner;

    public UpdateVerifier(IImageStore store, IImageScanner? scanner)
    {
        _store = store;
        _scanner = scanner;
    }

    /// <summary>Reads the image back through the store, knowing nothing of what was written, and compares.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ProtocolError"/>: the store holds something else.</exception>
    public async Task ReadBackAsync(RebaseImage written, CancellationToken cancellationToken)
    {
        var image = await new ImageResolver(_store).ResolveAsync(written.Target, cancellationToken).ConfigureAwait(false);
        var expected = written.Platforms.Select(p => p.ConfigDescriptor!.Digest);
        if (image.Digest != written.Digest || !image.Platforms.Select(p => p.Manifest.Config.Digest).SequenceEqual(expected))
        {
            throw new PatchException(PatchErrorCode.ProtocolError, written.Target.ToString(),
                $"{written.Target} was written as {written.Digest}, but the store gives back {image.Digest}. Do not use the tag; look "
                    + "who else writes it, and update again.");
        }
    }

    /// <summary>Scans all platforms of an image.</summary>
    /// <returns>The findings, or null and the reason why there are none to speak of.</returns>
    public async Task<(ScanEvidence? Evidence, string Reason)> ScanAsync(
        ImageReference image, BaseImageInfo baseImage, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        if (_scanner is null)
        {
            return (null, "there is no scanner");
        }

        try
        {
            var results = new List<ImageScanResult>();
            var target = new ScanTarget { Image = image, Name = image.ToString(), Base = baseImage };
            await foreach (var result in _scanner.ScanAsync(target, notices, cancellationToken).ConfigureAwait(false))
            {
                results.Add(result);
            }

            return results.Count > 0 ? (new ScanEvidence(results), string.Empty) : (null, $"{_scanner.Name} gave no result for {image}");
        }
        catch (PatchException e)
        {
            return (null, e.Message);
        }
    }
}
