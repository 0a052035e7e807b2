using System.Text;
using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Clair;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Clair;
using PatchContainers.TestKit.Http;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Clair;

/// <summary>Clair v4, by a stand-in that obeys its published description.</summary>
public sealed class ClairScannerTests
{
    private const string Operations = """
        {"debian/updater/bookworm": [{"ref":"269886f3-0146-4f08-9bf7-cb1138d48643","updater":"debian/updater/bookworm","fingerprint":"a","date":"2024-05-30T01:02:03.5Z","kind":"vulnerability"}],
         "osv/go": [{"ref":"5e4b387e-88d3-4364-86fd-063447a6fad2","updater":"osv/go","fingerprint":"b","date":"2024-05-31T22:00:00+02:00","kind":"vulnerability"}]}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RegistryAuthentication.None, "")]
    [InlineData(RegistryAuthentication.Token, "Bearer token-")]
    [InlineData(RegistryAuthentication.Basic, "Basic ")]
    public async Task Clair_fetches_the_layers_itself_with_what_the_registry_wants_for_that_and_its_report_is_the_result(
        RegistryAuthentication authentication, string header)
    {
        var report = File.ReadAllText(Conformance.Path("clair", "reports", "vulnerabilityreport.json"));
        await using var world = await ClairWorld.StartAsync(
            o => o with { Key = ClairWorld.Key, Report = d => ClairWorld.ReportOf(report, d), UpdateOperations = Operations }, authentication);
        using var services = world.Open(world.KeySettings(ClairWorld.Key));
        var result = Assert.Single(await world.ScanAsync(services));

        var digest = world.Image.Digest.ToString();
        Assert.Equal((world.Name, digest, digest, "linux/amd64"), (result.Image, result.Digest, result.ManifestDigest, result.Platform));
        Assert.Equal(("Clair", string.Empty, new DateTimeOffset(2024, 5, 31, 20, 0, 0, TimeSpan.Zero)),
            (result.Scanner.Name, result.Scanner.Version, result.Scanner.DatabaseTime));
        Assert.Equal((89, 1, 19, 68, 1), (result.Findings.Count, result.HighCount, result.MediumCount, result.LowCount, result.UnknownCount));
        Assert.Empty(world.Notices.All);

        // A real Clair writes its reports otherwise than it publishes: "binary" for "BINARY", null for a list.
        Assert.All(world.Clair.Faults, f => Assert.StartsWith("GET /matcher/api/v1/vulnerability_report/{digest} 201.", f, StringComparison.Ordinal));

        // One token for the layers, and for nothing else; where it gives tokens, Clair is told no password.
        var posted = Assert.Single(world.Clair.Requests, r => r.Method == "POST").Body;
        Assert.DoesNotContain(world.Registry.Options.Password, posted, StringComparison.Ordinal);
        Assert.Equal(authentication == RegistryAuthentication.Basic, posted.Contains("Basic ", StringComparison.Ordinal));
        Assert.All(world.Registry.Requests.Where(r => r.IsBlobRead && r.Path.Contains(world.Image.Layers[0].Descriptor.Digest.ToString(), StringComparison.Ordinal)),
            r => Assert.StartsWith(header, r.Authorization, StringComparison.Ordinal));
        Assert.Equal(world.Image.Layers.Select(l => $"http://{world.Registry.Host}/v2/shop/web/blobs/{l.Descriptor.Digest}"),
            JsonNode.Parse(posted)!["layers"]!.AsArray().Select(l => l!["uri"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_Clair_that_has_no_data_yet_finds_nothing_which_is_an_error()
    {
        await using var world = await ClairWorld.StartAsync(o => o with { UpdateOperations = "{}" });
        using var services = world.Open();
        var e = await Assert.ThrowsAsync<PatchException>(() => world.ScanAsync(services));
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Contains("none of its updaters has brought anything yet", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_platform_is_indexed_by_its_own_manifest_and_the_age_of_the_data_is_asked_once()
    {
        // As Clair's source answers, and not as its description says.
        await using var world = await ClairWorld.StartAsync(o => o with { ReportStatus = 200 });
        using var services = world.Open();
        var index = new TestIndex(ImageWorld.BaseImage("1"), ImageWorld.BaseImage("1", "linux/arm64"));
        await index.WriteAsync(services.Store, world.Name, Token);
        var results = await world.ScanAsync(services);
        Assert.Equal(["linux/amd64", "linux/arm64"], results.Select(r => r.Platform));
        Assert.Equal(results.Select(r => r.ManifestDigest), world.Clair.Requests.Where(r => r.Method == "POST")
            .Select(r => JsonNode.Parse(r.Body)!["hash"]!.GetValue<string>()));
        Assert.All(results, r => Assert.Equal(new DateTimeOffset(2024, 5, 31, 0, 0, 0, TimeSpan.Zero), r.Scanner.DatabaseTime));
        Assert.Single(world.Clair.Requests, r => r.Target.Contains("update_operation", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_indexer_that_is_on_the_way_and_a_matcher_that_still_loads_are_waited_for()
    {
        await using var world = await ClairWorld.StartAsync(
            o => o with { IndexStates = ["FetchLayers", "ScanLayers", "Coalesce", "IndexManifest"], InitializingReports = 2 });
        Assert.Single(await world.ScanAsync(world.Open()));
        var digest = world.Image.Digest;
        Assert.Equal(["POST /indexer/api/v1/index_report", .. Enumerable.Repeat($"GET /indexer/api/v1/index_report/{digest}", 4),
            .. Enumerable.Repeat($"GET /matcher/api/v1/vulnerability_report/{digest}", 3), "GET /matcher/api/v1/internal/update_operation?latest=true"],
            world.Clair.Requests.Select(r => $"{r.Method} {r.Target}"));
        Assert.Equal([1, 1.5, 2.25, 3.375, 1, 1.5], world.Clock.Waits.Select(w => w.TotalSeconds));
        Assert.Empty(world.Clair.Faults);
    }

    [Theory]
    [InlineData("ScanLayers", 0, "it was not done within 2m: its indexer is at ScanLayers")]
    [InlineData("", 1000, "it was not done within 2m: its matcher is still loading what it knows of vulnerabilities")]
    public async Task What_takes_too_long_is_an_error_that_says_how_far_it_was(string state, int initializing, string fault)
    {
        await using var world = await ClairWorld.StartAsync(
            o => o with { IndexStates = state.Length == 0 ? [] : [.. Enumerable.Repeat(state, 1000)], InitializingReports = initializing });
        var e = await Assert.ThrowsAsync<PatchException>(() => world.ScanAsync(world.Open(", \"timeout\": \"2m\"")));
        Assert.Equal((PatchErrorCode.ScannerFailed, $"{world.Name} was not scanned by Clair: {fault}."), (e.Code, e.Message));
    }

    public static TheoryData<string, int, string, PatchErrorCode, string> Answers => new()
    {
        { "POST /indexer", 400, """{"code":"bad-request","message":"failed to start scan: bad tar"}""", PatchErrorCode.ScannerFailed,
            "was answered 400: failed to start scan: bad tar. It fetches layers itself, so it has to reach 127.0.0.1:" },
        { "POST /indexer", 500, """{"code":"internal-error","message":"failed to start scan"}""", PatchErrorCode.ScannerFailed, "was answered 500: failed to start scan. It fetches" },
        { "POST /indexer", 412, "", PatchErrorCode.ScannerFailed, "was answered 412." },
        { "POST /indexer", 201, """{"manifest_hash":"sha256:00","state":"IndexFinished","success":true}""", PatchErrorCode.ScannerFailed, "its index report is of sha256:00, and not of sha256:" },
        { "POST /indexer", 201, """{"manifest_hash":"DIGEST","state":"IndexFinished","success":false,"err":"failed finish scan"}""", PatchErrorCode.ScannerFailed,
            "it could not index the image (IndexFinished): failed finish scan. It fetches layers itself" },
        { "POST /indexer", 201, """{"manifest_hash":"DIGEST","state":"IndexFin""", PatchErrorCode.ScannerFailed, "is no valid JSON" },
        { "POST /indexer", 201, "{}", PatchErrorCode.ScannerFailed, "it is no index report of Clair: it has no 'state'" },
        { "POST /indexer", 201, "", PatchErrorCode.ScannerFailed, "it is empty" },
        { "POST /indexer", 302, "", PatchErrorCode.ScannerFailed, "was answered 302." },
        { "GET /matcher/api/v1/v", 404, """{"code":"not-found","message":"index report for manifest not found"}""", PatchErrorCode.ScannerFailed, "was answered 404: index report for manifest not found." },
        { "GET /matcher/api/v1/v", 500, "<html>\r\n oops</html>", PatchErrorCode.ScannerFailed, "was answered 500: <html> oops</html>." },
        { "GET /matcher/api/v1/v", 403, "", PatchErrorCode.Unauthorized, "not allowed to do this" },
        { "GET /matcher/api/v1/v", 401, "", PatchErrorCode.Unauthorized, "missing or wrong" },
        { "GET /matcher/api/v1/v", 200, """{"manifest_hash":"DIGEST","packages":{},"vulnerabilities":{},"package_vulnerabilities":{""", PatchErrorCode.ScannerFailed, "is no valid JSON" },
        { "GET /matcher/api/v1/v", 200, """{"manifest_hash":"DIGEST"}""", PatchErrorCode.ScannerFailed, "it has no 'packages'" },
        { "GET /matcher/api/v1/v", 200, """{"manifest_hash":"sha256:00","packages":{},"vulnerabilities":{},"package_vulnerabilities":{}}""", PatchErrorCode.ScannerFailed,
            "its report is of sha256:00, and not of sha256:" },
        { "GET /matcher/api/v1/v", 201, "[]", PatchErrorCode.ScannerFailed, "cannot be read" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_that_is_no_report_is_an_error_and_never_a_result(string request, int status, string body, PatchErrorCode code, string fault)
    {
        await using var world = await ClairWorld.StartAsync();
        world.Clair.Instead.Enqueue((request, ClairServer.Json(status, body.Replace("DIGEST", world.Image.Digest.ToString(), StringComparison.Ordinal))));
        var e = await Assert.ThrowsAsync<PatchException>(() => world.ScanAsync(world.Open()));
        Assert.Equal(code, e.Code);
        Assert.StartsWith($"{world.Name} was not scanned by Clair: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_Clair_cannot_index_is_an_error_with_its_words_and_without_what_it_was_given()
    {
        await using var world = await ClairWorld.StartAsync(o => o with { IndexStates = ["ScanLayers", "IndexError"] });
        var e = await Assert.ThrowsAsync<PatchException>(() => world.ScanAsync(world.Open()));
        Assert.Equal($"{world.Name} was not scanned by Clair: it could not index the image (IndexError): failed to scan all layer contents: error "
            + $"reading RPM database. It fetches layers itself, so it has to reach {world.Registry.Host}.", e.Message);

        await using var secret = await ClairWorld.StartAsync(authentication: RegistryAuthentication.Basic);
        var login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{secret.Registry.Options.User}:{secret.Registry.Options.Password}"));
        secret.Clair.Instead.Enqueue(("POST ", ClairServer.Error(500, "internal-error", $"unexpected status with 'Basic {login}'")));
        Assert.Contains("unexpected status with 'Basic ***'", (await Assert.ThrowsAsync<PatchException>(() => secret.ScanAsync(secret.Open()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_busy_or_away_is_asked_again_as_soon_as_it_says_each_time_with_a_new_token()
    {
        await using var world = await ClairWorld.StartAsync(o => o with { Key = ClairWorld.Key });
        world.Clair.Instead.Enqueue(("POST ", ClairServer.Error(429, "too-many-requests", "server handling too many requests") with
        {
            Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json", ["Retry-After"] = "60" },
        }));
        world.Clair.Instead.Enqueue(("POST ", new StubAnswer(504) { Headers = new Dictionary<string, string> { ["Retry-After"] = "60" } }));
        world.Clair.Instead.Enqueue(("POST ", new StubAnswer(0) { IsCut = true }));
        Assert.Single(await world.ScanAsync(world.Open(world.KeySettings(ClairWorld.Key))));
        Assert.Equal([60, 60, 2], world.Clock.Waits.Select(w => w.TotalSeconds));
        var posts = world.Clair.Requests.Where(r => r.Method == "POST").Select(r => r.Headers["Authorization"]).ToArray();
        Assert.Equal((4, 4), (posts.Length, posts.Distinct().Count()));
        Assert.Empty(world.Clair.Faults);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(false, 120)]
    public async Task A_token_that_Clair_does_not_take_is_an_error_that_says_what_to_look_at(bool isOtherIssuer, int lateSeconds)
    {
        await using var world = await ClairWorld.StartAsync(o => o with
        {
            Key = ClairWorld.Key,
            TimeProvider = lateSeconds == 0 ? o.TimeProvider : new LateClock(o.TimeProvider, TimeSpan.FromSeconds(lateSeconds)),
        });
        var key = isOtherIssuer || lateSeconds > 0 ? ClairWorld.Key : "another key"u8.ToArray();
        var e = await Assert.ThrowsAsync<PatchException>(() => world.ScanAsync(world.Open(world.KeySettings(key, isOtherIssuer ? "nobody" : "ci"))));
        Assert.Equal(PatchErrorCode.Unauthorized, e.Code);
        Assert.Contains("with 401. The key and the issuer", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(key), e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scan_that_is_cancelled_ends()
    {
        await using var world = await ClairWorld.StartAsync(o => o with { IndexStates = [.. Enumerable.Repeat("ScanLayers", 1000)] });
        using var services = world.Open(", \"timeout\": \"1d\"");
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var scan = ClairWorld.ScanAsync(services, world.Name, world.Notices, cancellation.Token);
        while (world.Clair.Requests.Count < 3 && !scan.IsCompleted)
        {
            await Task.Yield();
        }

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scan);
    }

    [Theory]
    [InlineData(200, "[]", 1)]
    [InlineData(200, "{\"a\":[", 1)]
    [InlineData(500, "", 1)]
    [InlineData(404, "", 0)]
    [InlineData(403, "", 0)]
    public async Task The_age_of_the_data_is_unknown_where_Clair_does_not_tell_it(int status, string body, int warnings)
    {
        await using var world = await ClairWorld.StartAsync(o => o with { UpdateOperations = Operations });
        world.Clair.Instead.Enqueue(("GET /matcher/api/v1/internal/", ClairServer.Json(status, body)));
        Assert.Null(Assert.Single(await world.ScanAsync(world.Open())).Scanner.DatabaseTime);
        Assert.Equal(warnings, world.Notices.Warnings.Count);
        Assert.All(world.Notices.Warnings, w => Assert.StartsWith("How old Clair's data is, is not known: /matcher/api/v1/internal/update_operation", w, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_that_lies_in_no_registry_is_refused_with_what_to_do()
    {
        await using var world = await ClairWorld.StartAsync();
        using var services = world.Open(others: "\"registryMap\": {\"r.example\": \"oci:registry\"},");
        await world.Image.WriteAsync(services.Store, "r.example/app:1", Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => world.ScanAsync(services, "r.example/app:1"));
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
        Assert.Contains("stands for the registry of this image. Push the image to a registry that Clair can reach", e.Message, StringComparison.Ordinal);
        var layout = Path.Combine(services.State.Root, "registry", "app");
        Assert.Contains($"this image lies in none (oci:{layout}", (await Assert.ThrowsAsync<PatchException>(() =>
            world.ScanAsync(services, $"oci:{layout}:1"))).Message, StringComparison.Ordinal);
        Assert.Empty(world.Clair.Requests);
    }

    [Fact]
    public async Task What_a_login_gives_goes_to_no_Clair_without_TLS()
    {
        await using var world = await ClairWorld.StartAsync(authentication: RegistryAuthentication.Token);
        using var services = world.Open("\"url\": \"http://clair.example\"");
        var e = await Assert.ThrowsAsync<PatchException>(() => world.ScanAsync(services));
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
        Assert.Contains("http://clair.example has no TLS. Use https for Clair's indexer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_that_lies_elsewhere_is_fetched_there_and_nobody_there_gets_the_token()
    {
        var image = ImageWorld.BaseImage("1");
        var manifest = ImageManifest.Parse(image.Manifest.Content, string.Empty, "test");
        var foreign = new Descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Digest.OfBytes("x"u8), 1)
        {
            Urls = ["ftp://mcr.example/a", "https://mcr.example/blobs/a"],
        };
        using var registries = new RegistryStore(new ImageStoreOptions());
        var platform = new PlatformImage(image.Manifest.Descriptor, manifest with { Layers = [foreign, .. manifest.Layers] }, ImageConfig.Parse(image.Config.Content, "test"));
        var layers = JsonNode.Parse(ClairManifest.Write(platform, ImageReference.Parse("alpine:3"), registries, "Bearer x"))!["layers"]!.AsArray();
        Assert.Equal("https://mcr.example/blobs/a", layers[0]!["uri"]!.GetValue<string>());
        Assert.Empty(layers[0]!["headers"]!.AsObject());
        Assert.Equal($"https://registry-1.docker.io/v2/library/alpine/blobs/{manifest.Layers[0].Digest}", layers[1]!["uri"]!.GetValue<string>());
        Assert.Equal("Bearer x", layers[1]!["headers"]!["Authorization"]![0]!.GetValue<string>());
    }

    // Of the settings, one fault each.
    [Theory]
    [InlineData("\"timeout\": \"5m\"", "The scanner 'Clair' needs the setting 'url'.")]
    [InlineData("\"indexerUrl\": \"https://i.example\"", "The scanner 'Clair' needs the setting 'url'.")]
    [InlineData("\"url\": \"https://c.example\", \"pskIssuer\": \"ci\"", "the setting 'pskIssuer' needs 'pskKeyFile' or 'pskKeyEnv' beside it.")]
    [InlineData("\"url\": \"https://c.example\", \"pskKeyEnv\": \"K\"", "the setting 'pskKeyEnv' needs 'pskIssuer' beside it")]
    [InlineData("\"url\": \"https://c.example\", \"pskKeyEnv\": \"K\", \"pskKeyFile\": \"/k\"", "the setting 'pskKeyFile' and 'pskKeyEnv' exclude each other.")]
    [InlineData("\"url\": \"https://c.example\", \"pskKeyEnv\": \"K\", \"pskIssuer\": \"ci\", \"tokenEnv\": \"T\"", "the setting 'pskIssuer' and a token or a user exclude each other")]
    [InlineData("\"url\": \"http://c.example\", \"pskKeyEnv\": \"K\", \"pskIssuer\": \"ci\"", "the setting 'url' is http://c.example: tokens go over https, or to this machine.")]
    [InlineData("\"url\": \"c.example\"", "the setting 'url' has to be an address that begins with http:// or https://.")]
    [InlineData("\"url\": \"https://c.example\", \"pskKey\": \"x\"", "the setting 'pskKey' is not known.")]
    public async Task A_setting_that_is_none_is_an_error(string settings, string fault)
    {
        await using var world = await ClairWorld.StartAsync();
        Assert.Contains(fault, Assert.Throws<PatchException>(() => world.Open(settings.Contains("rl\":", StringComparison.Ordinal) ? settings : $"{settings}, \"header.X-rl\": \"1\"")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_address_there_is_no_Clair_to_ask()
    {
        await using var world = await ClairWorld.StartAsync();
        using var services = world.Open();
        File.WriteAllText(services.SettingsFile, "{}");
        using var none = new PatchServices(new PatchServicesOptions { State = services.State, Platforms = () => throw new InvalidOperationException() });
        var e = await Assert.ThrowsAsync<PatchException>(() => world.ScanAsync(none));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains("\"scanners\": { \"clair\": { \"url\": \"https://...\" } }", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_real_Clair_scans_an_image_of_Docker_Hub()
    {
        var url = Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_CLAIR");
        Assert.SkipWhen(string.IsNullOrEmpty(url), "PATCHCONTAINERS_TEST_CLAIR names no Clair that can be asked.");
        var image = Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_CLAIR_IMAGE") ?? "docker.io/library/debian:bookworm-20230612-slim";
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[PatchSettings.FileName], $"{{\"scanners\": {{\"clair\": {{\"url\": \"{url}\"}}}}}}");
        using var services = new PatchServices(new PatchServicesOptions { State = new PatchState(folder.Path), Platforms = () => throw new InvalidOperationException() });
        var results = await ClairWorld.ScanAsync(services, image, new NoticeList(), Token);
        Assert.All(results, r => Assert.NotEqual(0, r.PackageCount));
        Assert.Contains(results, r => r.Findings.Count > 0);
    }

    private sealed class LateClock(TimeProvider clock, TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + by;
    }
}
