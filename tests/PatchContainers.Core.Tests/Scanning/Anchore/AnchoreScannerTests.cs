using System.Text.Json.Nodes;
using PatchContainers.Scanning;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Anchore;

/// <summary>Anchore as a scanner: what it is asked, and what becomes of its answers.</summary>
public sealed class AnchoreScannerTests
{
    [Theory]
    [InlineData("v1", "1.1.0", "autosubscribe", "pullstring", "")]
    [InlineData("v2", "5.13.0", "auto_subscribe", "pull_string", "&base_digest=auto")]
    public async Task An_image_that_Anchore_does_not_know_is_submitted_by_its_digest_and_its_findings_and_its_policy_s_verdict_are_one_result(
        string api, string version, string subscribe, string pull, string basis)
    {
        await using var scene = await AnchoreScene.OpenAsync(api);
        var result = Assert.Single(await scene.ScanAsync());
        Assert.Equal((scene.Image, scene.Digest, scene.Digest, "linux/amd64"), (result.Image, result.Digest, result.ManifestDigest, result.Platform));
        Assert.Equal(("Anchore", version, new DateTimeOffset(2024, 5, 31, 6, 0, 0, TimeSpan.Zero)), (result.Scanner.Name, result.Scanner.Version, result.Scanner.DatabaseTime));
        Assert.Equal(("debian", "12"), (result.Os.Family, result.Os.Version));

        // What the distribution will not fix is among them.
        Assert.Equal([("CVE-2024-0001", FixState.Fixed), ("CVE-2024-0002", FixState.WontFix)], result.Findings.Select(f => (f.Id, f.FixState)));
        Assert.Equal(api == "v2" ? [FindingOrigin.Base, FindingOrigin.Application] : [FindingOrigin.Unknown, FindingOrigin.Unknown], result.Findings.Select(f => f.Origin));
        Assert.Equal(("2c53a13c", "stop"), (result.Policy!.Id, result.Policy.Action));
        Assert.Equal("policy_evaluation; 1 rows name a vulnerability, 1 do not; stop dockerfile/effective_user: What this is about", result.Policy.Detail);
        Assert.False(result.IsGateOnly);
        Assert.Empty(scene.Notices.Warnings);

        var image = $"GET /{api}/images/{scene.Digest}";
        Assert.Equal(
        [
            .. api == "v1" ? ["GET /v2/version"] : Array.Empty<string>(), $"GET /{api}/version", $"GET /{api}/system/feeds", image,
            $"POST /{api}/images?{subscribe}=false", image, image, $"{image}/vuln/all?vendor_only=false{basis}",
            $"{image}/check?tag={Uri.EscapeDataString(scene.Image)}&detail=true",
        ], scene.Anchore.Requests);
        var source = JsonNode.Parse(scene.Anchore.All.Single(r => r.Method == "POST").Body)!["source"]!["digest"]!;
        Assert.Equal($$"""{"{{pull}}":"{{scene.Repository}}@{{scene.Digest}}","tag":"{{scene.Image}}"}""", source.ToJsonString());
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.5)], scene.Clock.Waits);
    }

    [Theory]
    [InlineData("v1", "anchore-engine-external-v1.swagger.yaml")]
    [InlineData("v2", "anchore-enterprise-v2.openapi.yaml")]
    public async Task Every_operation_was_held_against_the_description_of_its_version(string api, string file)
    {
        Assert.SkipWhen(ConformanceData.Find("anchore", "swagger", file) is null, $"{ConformanceData.Variable} has no anchore/swagger/{file}.");
        await using var scene = await AnchoreScene.OpenAsync(api);
        await scene.ScanAsync();
        Assert.Equal(6, scene.Anchore.Watch.Operations.Count);
    }

    [Fact]
    public async Task What_is_analysed_already_is_not_submitted_and_is_judged_under_Anchore_s_own_spelling_of_its_tag()
    {
        await using var scene = await AnchoreScene.OpenAsync("v2");
        scene.Anchore.Add(scene.Digest, "mirror.example/shop/web:1.4", "analyzed");
        Assert.Single(await scene.ScanAsync());
        Assert.DoesNotContain(scene.Anchore.Requests, r => r.StartsWith("POST", StringComparison.Ordinal));
        Assert.Contains(scene.Anchore.Requests, r => r.Contains($"check?tag={Uri.EscapeDataString(scene.Image)}&", StringComparison.Ordinal));

        // By digest alone, it has the tag that Anchore knows.
        Assert.Single(await scene.ScanAsync($"{scene.Repository}@{scene.Digest}"));
        Assert.Contains(scene.Anchore.Requests, r => r.Contains("check?tag=mirror.example%2Fshop%2Fweb%3A1.4&", StringComparison.Ordinal));
        Assert.Single(scene.Anchore.Requests, r => r.EndsWith("/version", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_platform_is_submitted_by_its_own_manifest()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        var index = new TestIndex(ImageWorld.BaseImage("2"), ImageWorld.BaseImage("2", "linux/arm64"));
        var image = scene.Repository + ":2";
        var digest = (await index.WriteAsync(scene.Services.Store, image, Token)).Digest.ToString();
        var results = await scene.ScanAsync(image);
        Assert.Equal(["linux/amd64", "linux/arm64"], results.Select(r => r.Platform));
        Assert.All(results, r => Assert.Equal(digest, r.Digest));
        Assert.Equal(results.Select(r => $"{scene.Repository}@{r.ManifestDigest}"),
            scene.Anchore.All.Where(r => r.Method == "POST").Select(r => JsonNode.Parse(r.Body)!["source"]!["digest"]!["pullstring"]!.GetValue<string>()));
    }

    [Fact]
    public async Task What_is_named_by_its_digest_is_told_with_the_image_s_date_so_that_it_is_not_taken_for_its_tag_s_newest()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        Assert.Single(await scene.ScanAsync($"{scene.Image}@{scene.Digest}"));
        var source = JsonNode.Parse(scene.Anchore.All.Single(r => r.Method == "POST").Body)!["source"]!["digest"]!;
        Assert.Equal(scene.Image, source["tag"]!.GetValue<string>());
        Assert.EndsWith("Z", source["creation_timestamp_override"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_failed_before_is_submitted_again()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        scene.Anchore.Add(scene.Digest, scene.Image, "analysis_failed");
        Assert.Single(await scene.ScanAsync());
        Assert.Single(scene.Anchore.Requests, r => r.StartsWith("POST", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(409)]
    [InlineData(500)]
    public async Task What_another_submits_at_the_same_time_is_waited_for(int status)
    {
        await using var scene = await AnchoreScene.OpenAsync("v2");
        scene.Anchore.Instead = request =>
        {
            if (request.Method != "POST")
            {
                return null;
            }

            scene.Anchore.Add(scene.Digest, scene.Image, "analyzing", "analyzing", "analyzed");
            return AnchoreFake.Error(status, "the image is being added");
        };
        Assert.Single(await scene.ScanAsync());
    }

    [Fact]
    public async Task An_account_is_asked_for_in_every_request()
    {
        await using var scene = await AnchoreScene.OpenAsync("v2", """, "account": "shop" """);
        scene.Anchore.Accounts = ["shop"];
        Assert.Single(await scene.ScanAsync());
        Assert.All(scene.Anchore.All, r => Assert.Equal("shop", r.Headers["x-anchore-account"]));
    }

    [Fact]
    public async Task A_server_that_is_busy_is_asked_again_when_it_says()
    {
        await using var scene = await AnchoreScene.OpenAsync("v2");
        var busy = 2;
        scene.Anchore.Instead = r => !r.Target.Contains("/vuln/", StringComparison.Ordinal) || busy-- <= 0 ? null
            : AnchoreFake.Error(429, "slow down") with { Headers = new Dictionary<string, string> { ["Retry-After"] = "7" } };
        Assert.Single(await scene.ScanAsync());
        Assert.Equal(2, scene.Clock.Waits.Count(w => w == TimeSpan.FromSeconds(7)));
    }

    [Fact]
    public async Task An_older_Enterprise_that_finds_no_base_by_itself_is_asked_without_one()
    {
        await using var scene = await AnchoreScene.OpenAsync("v2");
        scene.Anchore.Instead = r => r.Target.Contains("base_digest", StringComparison.Ordinal) ? AnchoreFake.Error(400, "'auto' is no digest") : null;
        Assert.All(Assert.Single(await scene.ScanAsync()).Findings, f => Assert.Equal(FindingOrigin.Unknown, f.Origin));
    }

    [Fact]
    public async Task No_active_policy_is_told_and_the_findings_count_without_it()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        scene.Anchore.HasPolicy = false;
        var result = Assert.Single(await scene.ScanAsync());
        Assert.Null(result.Policy);
        Assert.Equal(2, result.Findings.Count);
        Assert.Equal($"{scene.Image}: Anchore gives no policy's verdict on {scene.Image}, and the findings are without it: "
            + "user has no active policy to evaluate: ops.", Assert.Single(scene.Notices.Warnings));
    }

    [Theory]
    [InlineData("v1", "policyId")]
    [InlineData("v2", "policy_id")]
    public async Task A_policy_that_the_settings_name_has_to_be_there(string api, string parameter)
    {
        await using var scene = await AnchoreScene.OpenAsync(api, """, "policy": "2c53a13c" """);
        Assert.Equal("stop", Assert.Single(await scene.ScanAsync()).Policy!.Action);
        Assert.EndsWith($"&detail=true&{parameter}=2c53a13c", scene.Anchore.Requests[^1], StringComparison.Ordinal);

        scene.Anchore.HasPolicy = false;
        Assert.Contains("404: user has no active policy to evaluate: ops. The settings ('scanners') name the policy '2c53a13c'", (await scene.FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_evaluation_that_had_no_vulnerability_data_for_the_image_is_an_error()
    {
        await using var scene = await AnchoreScene.OpenAsync("v2");
        scene.Anchore.PolicyRows.Add(("vulnerabilities", "vulnerability_data_unavailable"));
        Assert.Contains("Anchore had no vulnerability data for the image", (await scene.FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_old_the_data_is_is_that_of_the_oldest_feed_that_is_used()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        var unused = scene.Anchore.Feed("vulnerabilities", "2010-01-01T00:00:00Z", records: 0);
        scene.Anchore.Feeds = [unused, scene.Anchore.Feed("packages", "2011-01-01T00:00:00Z"), scene.Anchore.Feed("nvdv2", "2024-05-30T00:00:00Z"), scene.Anchore.Feed("github", "2024-05-31T00:00:00Z")];
        Assert.Equal(new DateTimeOffset(2024, 5, 30, 0, 0, 0, TimeSpan.Zero), Assert.Single(await scene.ScanAsync()).Scanner.DatabaseTime);
    }

    [Fact]
    public async Task How_old_the_data_is_stays_open_where_the_account_may_not_ask()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        scene.Anchore.Instead = r => r.Target.EndsWith("/feeds", StringComparison.Ordinal) ? AnchoreFake.Error(403, "Not authorized") : null;
        Assert.Null(Assert.Single(await scene.ScanAsync()).Scanner.DatabaseTime);
        Assert.Contains(scene.Notices.All, n => n is PatchNotice.Verbose { Message: "Anchore does not tell the user 'ops' how old its vulnerability data is: Not authorized." });
    }

    [Fact]
    public async Task An_Anchore_whose_feeds_were_never_synchronised_is_not_believed()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        scene.Anchore.Feeds = [new JsonObject { ["name"] = "vulnerabilities", ["groups"] = new JsonArray(new JsonObject { ["name"] = "debian:12", ["record_count"] = 0 }) }];
        var e = await scene.FailAsync();
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Contains("none of its feeds was ever synchronised", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_cancelled_scan_was_waiting_for_is_not_waited_for()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        using var cancelled = new CancellationTokenSource();
        scene.Anchore.Instead = r =>
        {
            if (r.Method == "POST")
            {
                cancelled.Cancel();
            }

            return null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.ScanAsync(token: cancelled.Token));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
