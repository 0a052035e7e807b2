using System.Text;
using PatchContainers.Inventory;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;
using PatchContainers.Staleness;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class ScanReportReaderTests : IDisposable
{
    private const string Digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123";
    private const string Json = """
        {"SchemaVersion":2,"ArtifactName":"äpp:1","Metadata":{"RepoDigests":["app@D"]},"Results":[{"Target":"t","Vulnerabilities":[
         {"VulnerabilityID":"CVE-1","Severity":"LOW"},{"VulnerabilityID":"CVE-2","Severity":"CRITICAL"}]}]}
        """;

    private readonly TemporaryFolder _folder = new();

    private string File => _folder["report.json"];

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void The_encodings_that_shells_write_are_read(string encoding)
    {
        System.IO.File.WriteAllText(File, Json, Encoding.GetEncoding(encoding));

        var result = Assert.Single(Read());
        Assert.Equal("äpp:1", result.Image);
        Assert.Equal(["CVE-2", "CVE-1"], result.Findings.Select(f => f.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public void An_empty_file_is_no_report(string text)
    {
        System.IO.File.WriteAllText(File, text);

        Assert.Equal($"'{File}' cannot be read: it is empty.", Assert.Throws<PatchException>(() => Read()).Message);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[{}]")]
    public void What_tells_nothing_is_no_empty_result(string text)
    {
        System.IO.File.WriteAllText(File, text);

        Assert.Contains("is empty JSON", Assert.Throws<PatchException>(() => Read()).Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_not_found() =>
        Assert.Equal(PatchErrorCode.NotFound, Assert.Throws<PatchException>(() => Read()).Code);

    [Fact]
    public void A_folder_is_no_report() => Assert.Equal(PatchErrorCode.FileError,
        Assert.Throws<PatchException>(() => TrivyReading.Read(_folder.Path)).Code);

    [Fact]
    public void A_scanner_that_is_not_known_is_told_with_those_that_are()
    {
        System.IO.File.WriteAllText(File, Json);
        var error = Assert.Throws<PatchException>(() => Read(new ScanReportOptions { Scanner = "Trivvy" }));

        Assert.Equal((PatchErrorCode.InvalidArgument, "Trivvy"), (error.Code, error.Target));
        Assert.Contains("Trivy, TrivyOperator", error.Message);
    }

    [Fact]
    public void A_report_of_another_scanner_than_the_one_that_is_named_is_refused()
    {
        System.IO.File.WriteAllText(File, Json);

        Assert.Contains("is no report of TrivyOperator. Its top has 'SchemaVersion', 'ArtifactName'",
            Assert.Throws<PatchException>(() => Read(new ScanReportOptions { Scanner = "TrivyOperator" })).Message);
    }

    [Theory]
    [InlineData("", "and not of sha256:f")]
    [InlineData("shop:1", "and not of shop:1@sha256:f")]
    public void A_report_of_another_digest_is_refused(string image, string fault)
    {
        System.IO.File.WriteAllText(File, Json.Replace("@D", "@" + Digest));

        Assert.Contains(fault, Assert.Throws<PatchException>(
            () => Read(new ScanReportOptions { Image = image, Digest = Digest.Replace('0', 'f') })).Message);
        Assert.Equal(Digest, Assert.Single(Read(new ScanReportOptions { Image = image, Digest = Digest })).Digest);
    }

    [Fact]
    public void What_is_known_besides_goes_before_what_the_report_says()
    {
        System.IO.File.WriteAllText(File, Json);
        var workload = new Workload { Id = "kubernetes://a/b/Deployment/c#d", Platform = "Kubernetes", Name = "c", Image = "shop:1" };

        var result = Assert.Single(Read(new ScanReportOptions
        {
            Scanner = "trivy", Image = "shop:1", Digest = Digest, Base = new BaseImageInfo { Name = "debian:12" }, Workloads = [workload],
        }));

        Assert.Equal(("shop:1", Digest, "debian:12"), (result.Image, result.Digest, result.Base.Name));
        Assert.Equal([workload], result.Workloads);
    }

    [Fact]
    public void A_report_without_a_date_is_as_old_as_its_file_but_never_of_the_future()
    {
        System.IO.File.WriteAllText(File, Json);
        var (old, clock) = (new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc), new FakeClock());
        System.IO.File.SetLastWriteTimeUtc(File, old);
        Assert.Equal(old, Assert.Single(Read(clock)).ScannedAt.UtcDateTime);

        System.IO.File.SetLastWriteTimeUtc(File, old.AddYears(3));
        Assert.Equal(clock.GetUtcNow(), Assert.Single(Read(clock)).ScannedAt);
    }

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<ImageScanResult> Read(ScanReportOptions? options = null) => TrivyReading.Read(File, options);

    private IReadOnlyList<ImageScanResult> Read(FakeClock clock) =>
        new ScanReportReader(clock).Read(File, new ScanReportOptions(), TestContext.Current.CancellationToken);
}
