using System.Text.Json.Nodes;
using PatchContainers.Inventory;
using PatchContainers.Records;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Clair;
using PatchContainers.TestKit.Images;

namespace PatchContainers.Cli.Tests.Commands;

/// <summary>What Clair's notifier says, from <c>notifications</c> on.</summary>
public sealed class NotificationsTests : IDisposable
{
    private const string Set = "269886f3-0146-4f08-9bf7-cb1138d48643";

    private readonly TemporaryFolder _folder = new();
    private readonly CliRunner _cli = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_webhook_names_images_of_the_pipe_and_the_next_verb_goes_on_with_them()
    {
        var image = RandomImages.Create(1);
        await using var clair = await StartAsync(ClairServer.Notification(image.Digest, "CVE-2024-1"));
        var stale = new StaleImage
        {
            Image = "r.example/shop/web:1", Digest = image.Digest.ToString(),
            Workloads = [new Workload { Id = "manifest:///srv/web.yaml/Deployment/web#app", Platform = "Manifest", Name = "web", Image = "r.example/shop/web:1" }],
        };
        var map = $"r.example=oci:{_folder["registry"]}";
        await WriteAsync(image);
        var hook = $$"""{"notification_id":"{{Set}}","callback":"{{clair.Url}}/notifier/api/v1/notification/{{Set}}"}""";

        var matched = await _cli.PipeAsync(RecordJson.Write(stale) + "\n", "notifications", "--webhook", hook, "--match", "--settings", Settings(clair), "--registry-map", map);
        Assert.Equal((ExitCode.Done, string.Empty), (matched.ExitCode, string.Join('\n', matched.Errors)));
        var found = Assert.Single(matched.Records<ImageNotification>());
        Assert.Equal(("r.example/shop/web:1", "CVE-2024-1", 1), (found.Image, found.Finding.Id, found.Workloads.Count));

        var updated = await _cli.PipeAsync(matched.Output, "update", "--what-if", "--settings", Settings(clair), "--registry-map", map);
        Assert.Contains("r.example/shop/web:1", updated.Output, StringComparison.Ordinal);

        var named = await RunAsync(clair, "notifications", "--id", Set, "--image", "r.example/shop/web:1", "--registry-map", map, "--output", "table");
        Assert.Matches(@"IMAGE\s+AFFECTED\s+REASON\s+ID\s+SEVERITY\s+PACKAGE\s+FIXED IN\s+r\.example/shop/web:1\s+sha256:\w{12}\s+added\s+CVE-2024-1\s+High\s+curl\s+7\.88", named.Output);
    }

    [Fact]
    public async Task A_set_is_acknowledged_after_it_was_written()
    {
        await using var clair = await StartAsync(ClairServer.Notification(RandomImages.Create(1).Digest, "CVE-2024-1"));
        Assert.Single((await RunAsync(clair, "notifications", "--id", Set, "--acknowledge")).Records<ImageNotification>());
        Assert.Equal([Set], clair.Deleted);
        var again = await RunAsync(clair, "notifications", "--id", Set);
        Assert.Equal(ExitCode.Done, again.ExitCode);
        Assert.Contains("has nothing in the set", string.Join('\n', again.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Nothing to read.", "notifications")]
    [InlineData("--acknowledge goes with --webhook or --id", "notifications", "--id", Set, "--acknowledge", "--image", "a:1")]
    [InlineData("--acknowledge goes with --webhook or --id", "notifications", "--page", "p.json", "--acknowledge")]
    public async Task What_makes_no_sense_is_a_usage_error(string fault, params string[] arguments)
    {
        await using var clair = await StartAsync();
        var result = await RunAsync(clair, arguments);
        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains(fault, string.Join('\n', result.Errors), StringComparison.Ordinal);
        Assert.Empty(clair.Requests);
    }

    private static Task<ClairServer> StartAsync(params JsonNode[] notifications) => ClairServer.StartAsync(
        new ClairServerOptions { Notifications = new Dictionary<string, IReadOnlyList<JsonNode>> { [Set] = notifications } });

    private string Settings(ClairServer clair)
    {
        File.WriteAllText(_folder["settings.json"], $$"""{"scanners": {"clair": {"url": "{{clair.Url}}"} } }""");
        return _folder["settings.json"];
    }

    private async Task WriteAsync(TestImage image)
    {
        using var store = new PatchContainers.Stores.ImageStoreRouter(new PatchContainers.Stores.ImageStoreOptions
        {
            RegistryMap = new Dictionary<string, string> { ["r.example"] = $"oci:{_folder["registry"]}" },
        });
        await image.WriteAsync(store, "r.example/shop/web:1", TestContext.Current.CancellationToken);
    }

    private Task<CliResult> RunAsync(ClairServer clair, params string[] arguments) =>
        _cli.RunAsync([.. arguments, "--settings", Settings(clair), "--state-path", _folder["state"]]);
}
