using System.Text.Json;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

/// <summary>Reads reports, and counts in the raw ones what a result has to have.</summary>
internal static class ReportBench
{
    /// <summary>Reads a report that is given as text.</summary>
    public static IReadOnlyList<ImageScanResult> ReadAll(string json, string scanner = "", string image = "")
    {
        using var folder = new TemporaryFolder();
        var path = folder["report.json"];
        File.WriteAllText(path, json);
        return ReadFile(path, scanner, image);
    }

    /// <summary>Reads a report of one image.</summary>
    public static ImageScanResult Read(string json, string scanner = "", string image = "") => Assert.Single(ReadAll(json, scanner, image));

    /// <summary>Reads a file.</summary>
    public static IReadOnlyList<ImageScanResult> ReadFile(string path, string scanner = "", string image = "") =>
        new ScanReportReader(TimeProvider.System).Read(path, new ScanReportOptions { Scanner = scanner, Image = image }, TestContext.Current.CancellationToken);

    /// <summary>The fault of a report that cannot be read.</summary>
    public static PatchException Fault(string json, string scanner = "", string image = "")
    {
        var fault = Assert.Throws<PatchException>(() => ReadAll(json, scanner, image));
        Assert.Equal(PatchErrorCode.InvalidData, fault.Code);
        return fault;
    }

    /// <summary>The result has as many findings, of each severity, and with a fix, as the raw report.</summary>
    /// <param name="result">What was read.</param>
    /// <param name="raw">Of each entry of the raw report: the word for its severity, and whether it has a fix.</param>
    public static void AssertCounts(ImageScanResult result, IEnumerable<(string? Severity, bool HasFix)> raw)
    {
        var entries = raw.ToArray();
        Assert.Equal(entries.Length, result.Findings.Count);
        Assert.Equal(entries.Count(e => e.HasFix), result.FixableCount);
        Assert.Equal(
            (Count("critical"), Count("high"), Count("medium"), Count("low") + Count("negligible"), Count("unknown") + Count(null) + Count("")),
            (result.CriticalCount, result.HighCount, result.MediumCount, result.LowCount, result.UnknownCount));

        int Count(string? word) => entries.Count(e => string.Equals(e.Severity, word, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>However much of a report is missing at its end, it is an error.</summary>
    public static void AssertCutIsError(string path, string scanner, string image)
    {
        var text = File.ReadAllText(path).TrimEnd();
        for (var part = 1; part <= 20; part++)
        {
            Fault(text[..((text.Length * part / 20) - 1)], scanner, image);
        }
    }

    /// <summary>The raw report.</summary>
    public static JsonElement Raw(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }
}
