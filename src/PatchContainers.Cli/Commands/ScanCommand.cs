using System.CommandLine;
using System.Runtime.CompilerServices;
using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Cli.Commands;

/// <summary><c>scan</c>: which known vulnerabilities images have.</summary>
internal static class ScanCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var images = Options.List("--image", "REF",
            "An image: registry/name:tag, oci:DIR[:TAG], docker-archive:FILE[:REF], docker-daemon:NAME:TAG. Else the images of piped records.",
            ImageReference.Parse);
        var platforms = Options.List("--platform", "OS/ARCH", "A platform of multi-arch images. Without it, all of them.", Platform.Parse);
        var failOn = Options.Single<Severity?>("--fail-on", "SEVERITY",
            "Exit code 3 for a finding at or above critical, high, medium, low, negligible or unknown.",
            text => Options.ParseName<Severity>(text));
        var reports = new ReportArguments();
        var stores = new StoreArguments();
        var command = new Command("scan",
            "Scan images for known vulnerabilities, or read the reports of scanners that did: one record for each platform.")
        {
            images, platforms, failOn,
        };
        reports.AddTo(command, merges: true);
        stores.AddTo(command);
        command.SetAction(CommandRun.Action(host, globals, stores, (run, cancellationToken) =>
        {
            var (read, named) = (reports.Read(run.Parsed), run.Parsed.GetValue(platforms)!);
            if (read is not null && named.Length > 0)
            {
                throw new UsageException("A report is of the platform that it says: --platform has no use with --report.");
            }

            var results = ScanAsync(run, run.Parsed.GetValue(images)!, named, read, reports.Choose(run.Parsed), cancellationToken);
            return run.WriteAllAsync(results, run.Parsed.GetValue(failOn), cancellationToken);
        }));
        return command;
    }

    private static async IAsyncEnumerable<ImageScanResult> ScanAsync(CommandRun run, ImageReference[] images, Platform[] platforms,
        ScanReportRun? reports, ScannerChoice choice, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The image is the one that the reports name, unless one is named here.
        if (reports is not null && images.Length == 0)
        {
            await foreach (var result in run.UntilFailureAsync(run.Services.ScanReports.ReadAsync(reports, run.Notices, cancellationToken),
                cancellationToken).ConfigureAwait(false))
            {
                yield return result;
            }

            yield break;
        }

        var scanner = reports is null ? run.Services.OpenScanner(choice) : null;
        await foreach (var target in TargetsAsync(run, images, platforms, cancellationToken).ConfigureAwait(false))
        {
            var results = reports is null ? scanner!.ScanAsync(target, run.Notices, cancellationToken)
                : run.Services.ScanReports.ReadAsync(reports with
                {
                    Options = ScanReportOptions.Of(target) with { Scanner = reports.Options.Scanner },
                }, run.Notices, cancellationToken);
            await foreach (var result in run.UntilFailureAsync(results, cancellationToken).ConfigureAwait(false))
            {
                yield return result;
            }
        }
    }

    private static async IAsyncEnumerable<ScanTarget> TargetsAsync(CommandRun run, ImageReference[] images, Platform[] platforms,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var image in images)
        {
            yield return new ScanTarget { Image = image, Name = image.ToString(), Platforms = platforms };
        }

        if (images.Length > 0)
        {
            yield break;
        }

        // The records of one image, one for each platform, are scanned once.
        var seen = new HashSet<ImageReference>();
        await foreach (var record in run.ReadPipeAsync("Nothing to scan. Name images with --image", cancellationToken)
            .ConfigureAwait(false))
        {
            if (run.TryReport(() => record.ToScanTarget(platforms), out var target) && seen.Add(target.Image))
            {
                yield return target;
            }
        }
    }
}
