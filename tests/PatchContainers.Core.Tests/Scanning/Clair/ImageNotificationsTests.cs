using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Records;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Clair;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Clair;
using PatchContainers.TestKit.Images;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Clair;

/// <summary>What Clair's notifier says, and of which images that is.</summary>
public sealed class ImageNotificationsTests : IDisposable
{
    private const string Set = "269886f3-0146-4f08-9bf7-cb1138d48643";

    private readonly TemporaryFolder _folder = new();
    private readonly NoticeList _notices = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_pages_of_a_set_are_read_and_acknowledged_when_that_is_asked()
    {
        var notifications = Enumerable.Range(0, 5).Select(i => ClairServer.Notification(DigestOf(i), $"CVE-2024-{i}")).ToArray();
        await using var world = await ClairWorld.StartAsync(
            o => o with { Key = ClairWorld.Key, Notifications = new Dictionary<string, IReadOnlyList<JsonNode>> { [Set] = notifications } });
        var settings = world.Open(world.KeySettings(ClairWorld.Key)).Settings.Scanners.Clair!;
        using var notifier = new ClairNotifier(settings, _ => null, world.Clock, pageSize: 2);
        var found = await notifier.ReadAsync(Set, Token);
        Assert.Equal(notifications.Select(n => n["id"]!.GetValue<string>()), found.Select(n => n.Id));
        Assert.All(found, n => Assert.Equal(Set, n.SetId));
        Assert.Equal([$"?page_size=2", $"?page_size=2&next={found[1].Id}", $"?page_size=2&next={found[3].Id}"],
            world.Clair.Requests.Select(r => r.Target[r.Target.IndexOf('?', StringComparison.Ordinal)..]));

        await notifier.DeleteAsync(Set, Token);
        Assert.Equal([Set], world.Clair.Deleted);
        Assert.Empty(await notifier.ReadAsync(Set, Token));
        Assert.True(world.Clair.Faults.Count == 0, string.Join("\n", world.Clair.Faults));
    }

    [Fact]
    public async Task A_webhook_leads_to_the_images_that_have_the_manifest_and_they_go_on_to_an_update()
    {
        // Two platforms; Clair names the second one's manifest, and another that nobody has.
        var index = new TestIndex(ImageWorld.BaseImage("1"), ImageWorld.BaseImage("1", "linux/arm64"));
        var affected = index.Images[1].Digest;
        await using var world = await StartAsync(ClairServer.Notification(affected, "CVE-2024-1"), ClairServer.Notification(DigestOf(9), "CVE-2024-2"));
        using var services = world.Open();
        var digest = (await index.WriteAsync(services.Store, world.Name, Token)).Digest;
        await ImageWorld.BaseImage("2").WriteAsync(services.Store, $"{world.Registry.Host}/shop/other:1", Token);

        var all = await ReadAsync(services, new ImageNotificationSource { Webhooks = [Hook(world.Clair.Url)] });
        Assert.Equal([affected.ToString(), DigestOf(9).ToString()], all.Select(n => n.AffectedDigest));
        Assert.All(all, n => Assert.Equal((string.Empty, string.Empty, world.Clock.GetUtcNow()), (n.Image, n.Digest, n.ReceivedAt)));

        var workload = new Workload { Id = "w", Platform = "Kubernetes", Name = "web", Image = world.Name };
        var stale = new StaleImage { Image = world.Name, Digest = digest.ToString(), Base = new BaseImageInfo { Name = "r.example/base:1" }, Workloads = [workload] };
        var found = Assert.Single(await FindAsync(services, stale, all));
        Assert.Equal((world.Name, digest.ToString(), affected.ToString(), "CVE-2024-1", "r.example/base:1"),
            (found.Image, found.Digest, found.AffectedDigest, found.Finding.Id, found.Base.Name));
        Assert.Equal([workload], found.Workloads);
        Assert.Empty(await FindAsync(services, ImageReference.Parse($"{world.Registry.Host}/shop/other:1"), all));

        // Through JSON and a night in between.
        var target = PipelineRecord.From(RecordJson.Read(RecordJson.Write(found), "line 1")).ToUpdateTarget();
        Assert.Equal((digest, world.Name, "r.example/base:1", 1), (target.Image.Digest, target.Name, target.Base.Name, target.Workloads.Count));
        var e = Assert.Throws<PatchException>(() => PipelineRecord.From(all[0]));
        Assert.Contains("names the manifest", e.Message, StringComparison.Ordinal);
        Assert.Empty(_notices.All);
    }

    [Fact]
    public async Task What_a_workload_still_runs_counts_and_what_nobody_knows_is_a_warning()
    {
        var old = new TestIndex(ImageWorld.BaseImage("1"), ImageWorld.BaseImage("1", "linux/arm64"));
        await using var world = await StartAsync(ClairServer.Notification(old.Images[0].Digest, "CVE-2024-1"));
        using var services = world.Open();
        var oldDigest = (await old.WriteAsync(services.Store, world.Name, Token)).Digest;
        var image = ImageWorld.BaseImage("2");
        var digest = (await image.WriteAsync(services.Store, world.Name, Token)).Digest;
        var all = await ReadAsync(services, new ImageNotificationSource { Ids = [Set] });

        var workload = new Workload { Id = "w", Platform = "Docker", Name = "web", Image = world.Name, RunningDigests = [oldDigest.ToString()] };
        var found = Assert.Single(await FindAsync(services, workload, all));
        Assert.Equal((digest.ToString(), old.Images[0].Digest.ToString()), (found.Digest, found.AffectedDigest));

        // The image's configuration is the image; a digest that the registry does not have is nobody knows what.
        Assert.Empty(await FindAsync(services, workload with { RunningDigests = [image.Config.Descriptor.Digest.ToString()] }, all));
        Assert.Empty(_notices.Warnings);
        Assert.Empty(await FindAsync(services, workload with { RunningDigests = [DigestOf(7).ToString()] }, all));
        Assert.StartsWith($"What runs as {DigestOf(7)} of ", Assert.Single(_notices.Warnings), StringComparison.Ordinal);

        // A scan's result is of one platform.
        var scan = new ImageScanResult
        {
            Image = world.Name, Digest = oldDigest.ToString(), Platform = "linux/amd64", ManifestDigest = old.Images[0].Digest.ToString(),
            Scanner = new ScannerInfo { Name = "Clair" },
        };
        Assert.Single(await FindAsync(services, scan, all));
        Assert.Empty(await FindAsync(services, scan with { ManifestDigest = old.Images[1].Digest.ToString() }, all));
    }

    [Theory]
    [InlineData("http://clair.example/notifier/api/v1/notification/")]
    [InlineData("https://127.0.0.1/notifier/api/v1/notification/")]
    [InlineData("http://127.0.0.1:1/notifier/api/v1/notification/")]
    public async Task A_callback_on_another_server_is_refused_and_nobody_is_asked(string callback)
    {
        await using var world = await StartAsync();
        var e = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(world.Open(), new ImageNotificationSource { Webhooks = [$$"""{"notification_id":"{{Set}}","callback":"{{callback}}"}"""] }));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains($"and Clair's notifier is at {world.Clair.Url}", e.Message, StringComparison.Ordinal);
        Assert.Empty(world.Clair.Requests);
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("../../../matcher/api/v1/internal/update_operation")]
    [InlineData("{269886f3-0146-4f08-9bf7-cb1138d48643}")]
    public async Task An_id_that_is_none_is_refused(string id)
    {
        await using var world = await StartAsync();
        var e = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(world.Open(), new ImageNotificationSource { Ids = [id] }));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Empty(world.Clair.Requests);
    }

    [Theory]
    [InlineData(500, """{"code":"internal-error","message":"failed to retrieve notifications: no"}""", "was not told by Clair: GET ", "was answered 500: failed to retrieve notifications: no.")]
    [InlineData(200, """{"page":{"size":500},"notifications":[""", "was not told by Clair: ", "is no valid JSON")]
    [InlineData(403, "", "was not told by Clair: ", "not allowed to do this")]
    public async Task A_notifier_that_does_not_tell_is_an_error(int status, string body, string begin, string fault)
    {
        await using var world = await StartAsync();
        world.Clair.Instead.Enqueue(("GET ", ClairServer.Json(status, body)));
        var e = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(world.Open(), new ImageNotificationSource { Ids = [Set] }));
        Assert.StartsWith($"The set of notifications {Set} {begin}", e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_without_an_end_are_an_error()
    {
        await using var world = await StartAsync();
        var page = ClairServer.Json(200, $$"""{"page":{"size":500,"next":"{{Set}}"},"notifications":[]}""");
        Enumerable.Repeat(page, 2).ToList().ForEach(p => world.Clair.Instead.Enqueue(("GET ", p)));
        var e = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(world.Open(), new ImageNotificationSource { Ids = [Set] }));
        Assert.Contains("its pages have no end", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_set_that_the_notifier_does_not_know_is_a_warning_and_so_is_a_last_page_that_is_missing()
    {
        await using var world = await StartAsync();
        using var services = world.Open();
        Assert.Empty(await ReadAsync(services, new ImageNotificationSource { Ids = ["5e4b387e-88d3-4364-86fd-063447a6fad2"] }));
        Assert.StartsWith("Clair's notifier has nothing in the set", Assert.Single(_notices.Warnings), StringComparison.Ordinal);

        var (first, last) = (Write("1.json", $$"""{"page":{"size":1,"next":"{{Set}}"},"notifications":[{{ClairServer.Notification(DigestOf(1), "CVE-2024-1")}}]}"""),
            Write("2.json", """{"page":{"size":1},"notifications":[]}"""));
        Assert.Single(await ReadAsync(services, new ImageNotificationSource { Pages = [first, last] }));
        Assert.Single(_notices.Warnings);
        Assert.Single(await ReadAsync(services, new ImageNotificationSource { Pages = [first] }));
        Assert.Contains("is not the last page", _notices.Warnings[1], StringComparison.Ordinal);
        Assert.Equal(PatchErrorCode.NotFound, (await Assert.ThrowsAsync<PatchException>(() => ReadAsync(services, new ImageNotificationSource { Pages = [_folder["none.json"]] }))).Code);
    }

    [Fact]
    public async Task Without_a_notifier_in_the_settings_pages_are_read_and_sets_are_not()
    {
        await using var world = await StartAsync();
        using var services = world.Open($"\"indexerUrl\": \"{world.Clair.Url}\", \"matcherUrl\": \"{world.Clair.Url}\"");
        Assert.Empty(await ReadAsync(services, new ImageNotificationSource { Pages = [Write("1.json", "[]")] }));
        var e = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(services, new ImageNotificationSource { Webhooks = [Write("hook.json", Hook(world.Clair.Url))] }));
        Assert.Contains("'url' or 'notifierUrl'", e.Message, StringComparison.Ordinal);
    }

    private static Task<ClairWorld> StartAsync(params JsonNode[] notifications) =>
        ClairWorld.StartAsync(o => o with { Notifications = new Dictionary<string, IReadOnlyList<JsonNode>> { [Set] = notifications } });

    private static Digest DigestOf(int number) => Digest.OfBytes([(byte)number]);

    private static string Hook(string url) => $$"""{"notification_id":"{{Set}}","callback":"{{url}}/notifier/api/v1/notification/{{Set}}"}""";

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }

    private Task<IReadOnlyList<ImageNotification>> ReadAsync(PatchServices services, ImageNotificationSource source) =>
        services.Notifications.ReadAsync(source, _notices, Token);

    private async Task<List<ImageNotification>> FindAsync(PatchServices services, object record, IReadOnlyList<ImageNotification> notifications) =>
        await services.Notifications.FindAsync(record is ImageReference image ? PipelineRecord.From(image) : PipelineRecord.From(record),
            notifications, _notices, Token).ToListAsync(Token);
}
