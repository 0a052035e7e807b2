using System.Text.Json;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

/// <summary>Reads reports of Trivy's in tests, and counts what stands in them without our readers.</summary>
internal static class TrivyReading
{
    private static readonly string[] Severities = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];

    /// <summary>Reads a file.</summary>
    public static IReadOnlyList<ImageScanResult> Read(string path, ScanReportOptions? options = null) =>
        new ScanReportReader(TimeProvider.System).Read(path, options ?? new ScanReportOptions(), TestContext.Current.CancellationToken);

    /// <summary>Reads a text.</summary>
    public static IReadOnlyList<ImageScanResult> ReadText(string json, ScanReportOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["report.json"], json);
        return Read(folder["report.json"], options);
    }

    /// <summary>The error that a text gives.</summary>
    public static string Fault(string json, ScanReportOptions? options = null)
    {
        var error = Assert.Throws<PatchException>(() => ReadText(json, options));
        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        return error.Message;
    }

    /// <summary>The files of a folder of the conformance data; one without a name where there is no such data.</summary>
    public static TheoryData<string, string> Files(string folder, string pattern, params string[] without)
    {
        var files = ConformanceData.Find("trivy", folder) is { } path
            ? Directory.GetFiles(path, pattern).Select(p => Path.GetFileName(p)).Except(without).Order()
            : Enumerable.Repeat(string.Empty, 1);
        var data = new TheoryData<string, string>();
        foreach (var file in files)
        {
            data.Add(folder, file);
        }

        return data;
    }

    /// <summary>How many of each severity and with a fixed version: <c>critical high medium low unknown / fixable</c>.</summary>
    public static string Count(IEnumerable<JsonElement> vulnerabilities, string severity, string fix)
    {
        var all = vulnerabilities.ToArray();
        string? Text(JsonElement v, string name) => v.TryGetProperty(name, out var text) ? text.GetString() : null;
        var counts = Severities.Select(s => all.Count(v => Text(v, severity) == s)).ToArray();
        var fixable = all.Count(v => !string.IsNullOrEmpty(Text(v, fix)) && Text(v, "Status") != "not_affected");
        return $"{string.Join(' ', counts)} {all.Length - counts.Sum()} / {fixable}";
    }

    /// <summary>The same of results.</summary>
    public static string Count(IEnumerable<ImageScanResult> results)
    {
        var all = results.ToArray();
        return $"{all.Sum(r => r.CriticalCount)} {all.Sum(r => r.HighCount)} {all.Sum(r => r.MediumCount)} {all.Sum(r => r.LowCount)} "
            + $"{all.Sum(r => r.UnknownCount)} / {all.Sum(r => r.FixableCount)}";
    }

    /// <summary>The list that a member holds; empty where there is none.</summary>
    public static IEnumerable<JsonElement> List(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray() : [];
}
