using PatchContainers.Stores;

namespace PatchContainers.Scanning;

/// <summary>A scanner outside of this product that is asked for one platform of an image at a time: a program, a server.</summary>
internal interface IPlatformScanner
{
    /// <summary>The scanner's name, as <see cref="ScannerInfo.Name"/> gives it.</summary>
    string Name { get; }

    /// <summary>Throws where it cannot scan here at all: before anything is asked. By default it can.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotSupported"/>: why.</exception>
    void CheckUse(ScanTarget target)
    {
    }

    /// <summary>
    /// Scans a platform. A scan that fails throws. Of the result count the distribution, the scanner's version and database, packages,
    /// findings and the policy's verdict: what the image is, is known without it.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ScannerFailed"/>: the scanner failed, took too long, or gave no report;
    /// <see cref="PatchErrorCode.NotSupported"/>: it cannot read the image from where it lies.</exception>
    Task<ImageScanResult> ScanAsync(ScanTarget target, PlatformImage platform, ScannedSource source, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken);
}
