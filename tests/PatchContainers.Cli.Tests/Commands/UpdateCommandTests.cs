using PatchContainers.Scanning;
using PatchContainers.Updating;

namespace PatchContainers.Cli.Tests.Commands;

public sealed class UpdateCommandTests
{
    [Fact]
    public async Task Stale_scan_and_update_compose_and_each_image_is_updated_once()
    {
        using var world = await World.CreateAsync();
        var stale = await world.Cli.RunAsync("stale", "--path", world.Deploy);
        var scan = await world.Cli.PipeAsync(stale.Output, "scan");

        var result = await world.Cli.PipeAsync(scan.Output, "update");

        var updates = result.Records<BaseImageUpdate>();
        var web = Assert.Single(updates, u => u.Image == World.Web);
        Assert.Equal(UpdateStatus.Updated, web.Status);
        Assert.StartsWith(World.Web + "-patched-", web.NewImage, StringComparison.Ordinal);
        Assert.Equal(8, web.Workloads.Count);
        Assert.Contains(web.Fixed, f => f is { Id: "CVE-2023-5363", Package: "libssl3" });
        Assert.Empty(web.Introduced);
        var reports = Assert.Single(updates, u => u.Image == World.Reports);
        Assert.Equal(UpdateStatus.Refused, reports.Status);
        Assert.Contains(reports.Rejected, r => r.Path.EndsWith("var/lib/dpkg/status", StringComparison.Ordinal)
            && r.HistoryLine.Contains("apt-get install", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Partly, result.ExitCode);
    }

    [Fact]
    public async Task The_new_image_has_what_was_promised()
    {
        using var world = await World.CreateAsync();
        var update = Assert.Single((await world.Cli.RunAsync("update", "--image", World.Web)).Records<BaseImageUpdate>());

        var scans = (await world.Cli.RunAsync("scan", "--image", update.NewImage)).Records<ImageScanResult>();

        Assert.Equal(2, scans.Count);
        Assert.All(scans, s => Assert.Equal(0, s.FixableCount));
        Assert.All(scans, s => Assert.Equal(update.NewDigest, s.Digest));
    }

    [Fact]
    public async Task What_if_shows_the_plan_and_writes_nothing()
    {
        using var world = await World.CreateAsync();
        // Reading fills the cache of layers, which can be made again; nothing else may change.
        await world.Cli.RunAsync("update", "--image", World.Web, "--what-if");
        var before = World.Hash(world.Root);

        var result = await world.Cli.RunAsync("update", "--image", World.Web, "--what-if");

        Assert.Equal(UpdateStatus.Planned, Assert.Single(result.Records<BaseImageUpdate>()).Status);
        Assert.Equal(before, World.Hash(world.Root));
    }

    [Fact]
    public async Task A_second_update_uploads_nothing_and_gives_the_same_digest()
    {
        using var world = await World.CreateAsync();
        var first = Assert.Single((await world.Cli.RunAsync("update", "--image", World.Web)).Records<BaseImageUpdate>());

        var second = Assert.Single((await world.Cli.RunAsync("update", "--image", World.Web)).Records<BaseImageUpdate>());

        Assert.Equal(first.NewDigest, second.NewDigest);
        Assert.Equal(0, second.BytesUploaded);
    }

    [Fact]
    public async Task A_tag_that_is_taken_is_refused_unless_forced()
    {
        using var world = await World.CreateAsync();

        var refused = await world.Cli.RunAsync("update", "--image", World.Web, "--tag", "1.4");
        var forced = await world.Cli.RunAsync("update", "--image", World.Web, "--tag", "1.4", "--force");

        Assert.NotEqual(ExitCode.Done, refused.ExitCode);
        Assert.Equal(ExitCode.Done, forced.ExitCode);
        Assert.Equal(World.Web, Assert.Single(forced.Records<BaseImageUpdate>()).NewImage);
    }
}
