using System.CommandLine;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Cli.Commands;

/// <summary>The options of the verbs that read the reports of scanners.</summary>
internal sealed class ReportArguments
{
    private readonly Option<string[]> _reports = Options.List("--report", "FILE",
        "A report that a scanner wrote; may be given several times. Nothing is read from the pipe then.",
        Path.GetFullPath);

    private readonly Option<string[][]> _scanners = Options.Names("--scanner", "NAME,...",
        $"The scanners to ask: {string.Join(", ", PatchServices.ScannerNames)}. With --report, the scanner that wrote the reports: "
        + $"{string.Join(", ", ScanReportReader.Scanners)}; without it, what they say.");

    private readonly Option<bool> _separate = Options.Switch("--separate",
        "Keep the results of several scanners, or several reports of one image, apart; else they become one.");

    private readonly Option<bool> _partial = Options.Switch("--allow-partial",
        "Take what the other scanners or reports say where one fails; the result says so, and no policy passes it.");

    /// <summary>Adds them to a verb.</summary>
    /// <param name="command">The verb.</param>
    /// <param name="merges">Whether the verb makes one result of several reports.</param>
    public void AddTo(Command command, bool merges)
    {
        command.Options.Add(_reports);
        command.Options.Add(_scanners);
        if (merges)
        {
            command.Options.Add(_separate);
            command.Options.Add(_partial);
        }
    }

    /// <summary>Which scanners are to be asked.</summary>
    public ScannerChoice Choose(ParseResult parsed) => new()
    {
        Names = NamesIn(parsed),
        Separate = parsed.GetValue(_separate),
        AllowPartial = parsed.GetValue(_partial),
    };

    /// <summary>What is to be read; null where no report is named.</summary>
    /// <exception cref="UsageException">Several scanners are named for the reports.</exception>
    public ScanReportRun? Read(ParseResult parsed)
    {
        var (paths, scanners) = (parsed.GetValue(_reports)!, NamesIn(parsed));
        if (paths.Length == 0)
        {
            return null;
        }

        if (scanners.Length > 1)
        {
            throw new UsageException("With --report, --scanner names the one scanner that wrote the reports.");
        }

        return new ScanReportRun
        {
            Paths = paths,
            Options = new ScanReportOptions { Scanner = scanners.FirstOrDefault() ?? string.Empty },
            Separate = parsed.GetValue(_separate),
            AllowPartial = parsed.GetValue(_partial),
        };
    }

    // A variable of a CI job that is not set is an empty name, and not the wish for the scanner that is the default.
    private string[] NamesIn(ParseResult parsed)
    {
        string[] names = [.. parsed.GetValue(_scanners)!.SelectMany(names => names)];
        return names.Length > 0 || parsed.GetResult(_scanners) is null or { Implicit: true } ? names
            : throw new UsageException("--scanner names no scanner.");
    }
}
