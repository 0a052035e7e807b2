using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

/// <summary>Reports from texts, through a file as users give them.</summary>
internal static class TextReport
{
    /// <summary>The one result of a report.</summary>
    public static ImageScanResult Read(string text, string image = "app:1")
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "report.json");
        File.WriteAllText(path, text);
        return ReadFile(path, image);
    }

    /// <summary>The one result of a report in a file.</summary>
    public static ImageScanResult ReadFile(string path, string image = "app:1") =>
        Assert.Single(new ScanReportReader(TimeProvider.System).Read(path, new ScanReportOptions { Image = image }, TestContext.Current.CancellationToken));

    /// <summary>The fault of a report that is refused.</summary>
    public static string Refuse(string text)
    {
        var fault = Assert.Throws<PatchException>(() => Read(text));
        Assert.Equal(PatchErrorCode.InvalidData, fault.Code);
        return fault.Message;
    }
}
