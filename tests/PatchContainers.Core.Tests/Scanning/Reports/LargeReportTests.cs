using System.Globalization;
using PatchContainers.Core.Tests.Children;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class LargeReportTests
{
    private const int Findings = 30_000;
    private const long MaxHeap = 200L * 1024 * 1024;

    [Fact]
    public async Task A_report_of_100_MB_is_read_within_200_MB()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var path = folder["report.json"];
        Write(path);
        Assert.True(new FileInfo(path).Length > 100_000_000);

        // The runtime itself refuses to give the child more managed memory than that.
        using var child = ChildProcess.StartWithin(MaxHeap, ReportReading.Name, path);
        var output = await child.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = await child.StandardError.ReadToEndAsync(cancellationToken);
        await child.WaitForExitAsync(cancellationToken);

        Assert.True(child.ExitCode == 0, errors);
        var values = output.Split(' ').Select(v => long.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(Findings, values[0]);
        Assert.True(values[1] < MaxHeap, $"The process grew by {values[1]} bytes.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{values[1] / 1024 / 1024} MiB more, {values[2]} ms");
    }

    private static void Write(string path)
    {
        var description = new string('d', 2000);
        using var report = new StreamWriter(path);
        report.Write("""{"SchemaVersion":2,"ArtifactName":"app:1","Results":[""");
        report.Write("""{"Target":"app:1 (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[""");
        for (var i = 0; i < Findings; i++)
        {
            report.Write(i > 0 ? "," : string.Empty);
            report.Write($$"""
                {"VulnerabilityID":"CVE-2024-{{i}}","VendorIDs":["DSA-{{i}}"],"PkgID":"package-{{i % 700}}@1.2.3-{{i}}",
                 "PkgName":"package-{{i % 700}}","PkgIdentifier":{"UID":"0123456789abcdef",
                 "PURL":"pkg:deb/debian/package-{{i % 700}}@1.2.3-{{i}}?arch=amd64&distro=debian-12"},
                 "InstalledVersion":"1.2.3-{{i}}","FixedVersion":"1.2.4-{{i}}","Status":"fixed","SeveritySource":"debian","Severity":"HIGH",
                 "Layer":{"Digest":"sha256:{{i % 9}}","DiffID":"sha256:{{i % 9}}0"},
                 "PrimaryURL":"https://avd.aquasec.com/nvd/cve-2024-{{i}}",
                 "Title":"A flaw in package-{{i % 700}}","Description":"{{description}}","CweIDs":["CWE-400"],"VendorSeverity":{"nvd":3},
                 "CVSS":{"nvd":{"V3Vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H","V3Score":7.5} },"References":[
                """);
            report.Write(string.Join(',', Enumerable.Range(0, 14).Select(n => $"\"https://example.com/advisories/of/2024/{i}/{n}\"")));
            report.Write("]}");
        }

        report.Write("]}]}");
    }
}
