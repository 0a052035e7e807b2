using System.CommandLine;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Cli.Commands;

/// <summary>The options of the verbs that read the reports of scanners.</summary>
internal sealed class ReportArguments
{
    private readonly Option<string[]> _reports = Options.List("--report", "FILE",
        "A report that a scanner wrote; may be given several times. Nothing is read from the pipe then.",
        Path.GetFullPath);

    private readonly Option<string?> _scanner = Options.Single("--scanner", "NAME",
        $"The scanner that wrote the reports: {string.Join(", ", ScanReportReader.Scanners)}. Without it, what they say.", text => text);

    private readonly Option<bool> _separate = Options.Switch("--separate", "Keep the results of several reports of one image apart; else they become one.");

    private readonly Option<bool> _partial = Options.Switch("--allow-partial",
        "Take what the other reports say where one cannot be read; the result says so, and no policy passes it.");

    /// <summary>Adds them to a verb.</summary>
    /// <param name="command">The verb.</param>
    /// <param name="merges">Whether the verb makes one result of several reports.</param>
    public void AddTo(Command command, bool merges)
    {
        command.Options.Add(_reports);
        command.Options.Add(_scanner);
        if (merges)
        {
            command.Options.Add(_separate);
            command.Options.Add(_partial);
        }
    }

    /// <summary>What is to be read; null where no report is named.</summary>
    /// <exception cref="UsageException">A scanner is named and no report.</exception>
    public ScanReportRun? Read(ParseResult parsed)
    {
        var (paths, scanner) = (parsed.GetValue(_reports)!, parsed.GetValue(_scanner));
        if (paths.Length == 0)
        {
            return scanner is null ? null : throw new UsageException("--scanner says which scanner wrote a report: give it with --report.");
        }

        return new ScanReportRun
        {
            Paths = paths,
            Options = new ScanReportOptions { Scanner = scanner ?? string.Empty },
            Separate = parsed.GetValue(_separate),
            AllowPartial = parsed.GetValue(_partial),
        };
    }
}
