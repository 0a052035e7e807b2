using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Operator;
using PatchContainers.Stores;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Operator;

/// <summary>Which of a cluster's reports is an image's; that they are read from a cluster is tested with the client.</summary>
public sealed class TrivyOperatorScannerTests : IDisposable
{
    private static readonly DateTimeOffset Night = new(2024, 3, 1, 2, 0, 0, TimeSpan.Zero);

    private readonly ImageWorld _world = new();
    private readonly List<(string Context, string Namespace)> _reads = [];
    private readonly List<UnreadReport> _unread = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_pinned_image_has_the_newest_report_of_its_digest_and_no_registry_is_asked()
    {
        var digest = Digest.OfBytes("an image that no registry has"u8).ToString();
        var result = Assert.Single(await ScanAsync($"gone.example/shop/web@{digest}", new OperatorSettings("", ""),
            Report("other.example/web:1", digest, Night, "CVE-2024-0001"), Report("other.example/web:1", digest, Night.AddDays(1), "CVE-2024-0002"),
            Report("gone.example/shop/web:1", Digest.OfBytes("another"u8).ToString(), Night.AddDays(2), "CVE-2024-0003")));
        Assert.Equal(("CVE-2024-0002", Night.AddDays(1), digest, ""), (Assert.Single(result.Findings).Id, result.ScannedAt, result.Digest, result.Platform));
        Assert.Equal(("kubernetes://c/shop/Deployment/web#app", "TrivyOperator"), (Assert.Single(result.Workloads).Id, result.Scanner.Name));
    }

    [Fact]
    public async Task A_tag_has_the_reports_of_what_it_is_now()
    {
        var index = new TestIndex(ImageWorld.BaseImage("1"), ImageWorld.BaseImage("1", "linux/arm64"));
        var digest = await _world.PushAsync(ImageWorld.App, index);
        var image = await new ImageResolver(_world.Store).ResolveAsync(ImageReference.Parse(ImageWorld.App), Token);
        var arm = image.Platforms.Single(p => p.Platform.ToString() == "linux/arm64").ManifestDescriptor.Digest.ToString();

        var result = Assert.Single(await ScanAsync(ImageWorld.App, new OperatorSettings("", ""), Report(ImageWorld.App, arm, Night, "CVE-2024-0001"),
            Report(ImageWorld.App, Digest.OfBytes("old"u8).ToString(), Night, "CVE-2024-0002")));
        Assert.Equal(("linux/arm64", arm, digest.ToString()), (result.Platform, result.ManifestDigest, result.Digest));

        // Of an index alone, nobody knows the platform.
        result = Assert.Single(await ScanAsync(ImageWorld.App, new OperatorSettings("", ""), Report("x", digest.ToString(), Night, "CVE-2024-0001")));
        Assert.Equal(("", ""), (result.Platform, result.ManifestDigest));

        // Which one is asked for tells nothing of which one was scanned.
        result = Assert.Single(await ScanAsync(Scanner(new OperatorSettings("", ""), Report("x", digest.ToString(), Night, "CVE-2024-0001")), ImageWorld.App, [],
            "linux/arm64"));
        Assert.Equal(("", ""), (result.Platform, result.ManifestDigest));
    }

    // The image of a report that cannot be read, whether it has the scanned image's digest, and whether it may be of that image.
    [Theory]
    [InlineData("r.example/web:1", true, true)]
    [InlineData("", true, true)]
    [InlineData("r.example/web:1", false, true)]
    [InlineData("r.example/web", false, false)]
    [InlineData("r.example/web:2", false, false)]
    [InlineData("r.example/api:1", false, false)]
    [InlineData("r.example/web:1@sha256:0000000000000000000000000000000000000000000000000000000000000000", false, false)]
    public async Task A_report_that_cannot_be_read_fails_what_it_may_be_of(string image, bool hasDigest, bool fails)
    {
        var digest = Digest.OfBytes("image"u8).ToString();
        var at = image.IndexOf('@', StringComparison.Ordinal);
        _unread.Add(new UnreadReport(image, hasDigest ? digest : at > 0 ? image[(at + 1)..] : string.Empty,
            new PatchException(PatchErrorCode.InvalidData, "it", "It is cut short.")));
        var scan = ScanAsync($"r.example/web:1@{digest}", new OperatorSettings("", ""), Report("x", digest, Night, "CVE-2024-0001"));
        if (!fails)
        {
            Assert.Single(await scan);
            return;
        }

        var e = await Assert.ThrowsAsync<PatchException>(() => scan);
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Contains("was not scanned by TrivyOperator: It is cut short. Delete the report", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_that_tells_no_image_and_cannot_be_read_is_warned_of_once()
    {
        var digest = Digest.OfBytes("image"u8).ToString();
        _unread.Add(new UnreadReport(string.Empty, string.Empty, new PatchException(PatchErrorCode.InvalidData, "it", "It is cut short.")));
        var scanner = Scanner(new OperatorSettings("", ""), Report("x", digest, Night, "CVE-2024-0001"));
        Assert.Single(await ScanAsync(scanner, $"r.example/web@{digest}", []));
        Assert.Single(await ScanAsync(scanner, $"r.example/web@{digest}", []));
        Assert.Equal("It is cut short. It does not tell of which image it is, and is passed over.", Assert.Single(_world.Warnings));
    }

    [Fact]
    public async Task A_report_without_a_digest_is_taken_by_its_name_and_that_is_said()
    {
        await _world.PushAsync(ImageWorld.App, ImageWorld.BaseImage("1"));
        var result = Assert.Single(await ScanAsync(ImageWorld.App, new OperatorSettings("", ""), Report(ImageWorld.App, "", Night, "CVE-2024-0001")));
        Assert.Equal("linux/amd64", result.Platform);
        Assert.Contains("tells no digest", Assert.Single(_world.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "there is no report of it in the cluster")]
    [InlineData(true, "of another digest alone (sha256:")]
    public async Task An_image_without_a_report_was_not_scanned(bool isOther, string fault)
    {
        await _world.PushAsync(ImageWorld.App, ImageWorld.BaseImage("1"));
        var e = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(ImageWorld.App, new OperatorSettings("", ""),
            Report(isOther ? ImageWorld.App : "registry.example/shop/web:1.5", Digest.OfBytes("old"u8).ToString(), Night)));
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_clusters_that_the_image_runs_in_are_asked_once_each_unless_the_settings_name_one()
    {
        var digest = Digest.OfBytes("image"u8).ToString();
        var report = Report("x", digest, Night, "CVE-2024-0001");
        Workload[] workloads = [Workload("b"), Workload("a"), Workload("b"), Workload("") with { Platform = "Docker" }];
        var scanner = Scanner(new OperatorSettings("", "shop"), report);
        await ScanAsync(scanner, $"r.example/web@{digest}", workloads);
        var result = Assert.Single(await ScanAsync(scanner, $"r.example/web@{digest}", workloads));
        Assert.Equal([("b", "shop"), ("a", "shop")], _reads);
        Assert.Equal(workloads, result.Workloads);

        await ScanAsync(Scanner(new OperatorSettings("c", ""), report), $"r.example/web@{digest}", workloads);
        Assert.Equal(("c", ""), _reads[^1]);
    }

    private static Workload Workload(string context) =>
        new() { Id = $"kubernetes://{context}/shop/Deployment/web#app", Platform = "Kubernetes", Name = "web", Context = context, Image = "r.example/web:1" };

    private static ImageScanResult Report(string image, string digest, DateTimeOffset time, params string[] ids) => new()
    {
        Image = image,
        Digest = digest,
        Platform = string.Empty,
        ManifestDigest = string.Empty,
        Scanner = new ScannerInfo { Name = "TrivyOperator", Version = "0.50.1" },
        Findings = [.. ids.Select(id => new Finding { Id = id, Package = "curl", Version = "1" })],
        Workloads = [Workload("c")],
        ScannedAt = time,
    };

    private TrivyOperatorScanner Scanner(OperatorSettings settings, params ImageScanResult[] reports) => new(settings, (context, ns, _, _) =>
    {
        _reads.Add((context, ns));
        return Task.FromResult(new OperatorReports(reports, _unread));
    }, new ImageResolver(_world.Store));

    private Task<List<ImageScanResult>> ScanAsync(string image, OperatorSettings settings, params ImageScanResult[] reports) =>
        ScanAsync(Scanner(settings, reports), image, []);

    private async Task<List<ImageScanResult>> ScanAsync(TrivyOperatorScanner scanner, string image, IReadOnlyList<Workload> workloads, params string[] platforms)
    {
        var target = new ScanTarget { Image = ImageReference.Parse(image), Name = image, Workloads = workloads, Platforms = [.. platforms.Select(Platform.Parse)] };
        var results = new List<ImageScanResult>();
        await foreach (var result in scanner.ScanAsync(target, _world, Token))
        {
            results.Add(result);
        }

        return results;
    }
}
