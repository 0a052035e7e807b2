using System.CommandLine;
using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Merging;

namespace PatchContainers.Cli.Commands;

/// <summary><c>compare</c>: which scanner found what in an image.</summary>
internal static class CompareCommand
{
    public static Command Create(CliHost host, GlobalOptions globals)
    {
        var image = Options.Single<ImageReference?>("--image", "REF", "The image that the reports are of, where they do not name it.",
            ImageReference.Parse);
        var reports = new ReportArguments();
        var command = new Command("compare", "Compare what several scanners found in an image: their reports, or piped results of scan.")
        {
            image,
        };
        reports.AddTo(command, merges: false);
        command.SetAction(CommandRun.Action(host, globals, null, async (run, cancellationToken) =>
        {
            var results = new List<ImageScanResult>();
            if (reports.Read(run.Parsed) is { } reading)
            {
                var named = run.Parsed.GetValue(image)?.ToString() ?? string.Empty;
                reading = reading with { Separate = true, Options = reading.Options with { Image = named } };
                await foreach (var result in run.Services.ScanReports.ReadAsync(reading, run.Notices, cancellationToken).ConfigureAwait(false))
                {
                    results.Add(result);
                }
            }
            else
            {
                await foreach (var record in run.ReadPipeAsync("Nothing to compare. Name reports with --report", cancellationToken)
                    .ConfigureAwait(false))
                {
                    if (record.Record is ImageScanResult result)
                    {
                        results.Add(result);
                    }
                }
            }

            foreach (var comparison in ScanComparer.Compare(results))
            {
                run.Write(comparison);
            }

            return run.Notices.Failures == 0 ? ExitCode.Done : ExitCode.Partly;
        }));
        return command;
    }
}
