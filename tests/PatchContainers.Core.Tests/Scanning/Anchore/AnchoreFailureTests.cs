using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Anchore;

/// <summary>What Anchore does not do is an error that says so, and never an empty result.</summary>
public sealed class AnchoreFailureTests
{
    // The request that is answered otherwise, the answer, the error's code, and what it says.
    [Theory]
    [InlineData("/version", 500, "{\"message\": \"database is away\", \"detail\": {}, \"httpcode\": 500}", PatchErrorCode.ScannerFailed, "/v2/version was answered 500: database is away")]
    [InlineData("/version", 200, "<html>welcome</html>", PatchErrorCode.ScannerFailed, "/v2/version' line 1 is no valid JSON")]
    [InlineData("/version", 200, "{\"version\": \"1\"}", PatchErrorCode.ScannerFailed, "it names no service")]
    [InlineData("/system/feeds", 500, "\"could not list feeds\"", PatchErrorCode.ScannerFailed, "/v2/system/feeds was answered 500: could not list feeds")]
    [InlineData("/images/DIGEST", 401, "Unauthorized", PatchErrorCode.Unauthorized, "was answered 401: it does not let the user 'ops' in the account 'shop' in. The login in the settings")]
    [InlineData("/images/DIGEST", 403, "{\"message\": \"Not authorized. Requires permissions: getImage\"}", PatchErrorCode.Unauthorized, "was answered 403: the user 'ops' in the account 'shop' may not do this (Not authorized. Requires permissions: getImage). Give it a role")]
    [InlineData("/images/DIGEST", 500, "<html>bad</html>", PatchErrorCode.ScannerFailed, "was answered 500: <html>bad</html>")]
    [InlineData("/images/DIGEST", 200, "{\"image_digest\": \"sha256:", PatchErrorCode.ScannerFailed, "no valid JSON")]
    [InlineData("/images/DIGEST", 200, "[]", PatchErrorCode.ScannerFailed, "it is not of one image")]
    [InlineData("/images/DIGEST", 200, "{\"image_digest\": \"DIGEST\"}", PatchErrorCode.ScannerFailed, "how far its analysis is")]
    [InlineData("/images/DIGEST", 200, "{\"image_digest\": \"sha256:0\", \"analysis_status\": \"analyzed\"}", PatchErrorCode.ScannerFailed, "what it answered is of sha256:0, and not of DIGEST")]
    [InlineData("/images?", 400, "{\"message\": \"bad\", \"detail\": {\"validation_error\": \"no tag\"}}", PatchErrorCode.ScannerFailed, "/v2/images was answered 400: bad, no tag.")]
    [InlineData("/images?", 403, "{\"message\": \"Not authorized\"}", PatchErrorCode.Unauthorized, "POST /v2/images?auto_subscribe=false was answered 403")]
    [InlineData("/vuln/all", 404, "{\"message\": \"image is not analyzed\"}", PatchErrorCode.ScannerFailed, "was answered 404: image is not analyzed")]
    [InlineData("/vuln/all", 200, "{\"image_digest\": \"DIGEST\"}", PatchErrorCode.ScannerFailed, "it has no list of vulnerabilities")]
    [InlineData("/vuln/all", 200, "{\"image_digest\": \"DIGEST\", \"vulnerabilities\": [", PatchErrorCode.ScannerFailed, "no valid JSON")]
    [InlineData("/vuln/all", 200, "{\"vulnerabilities\": []}", PatchErrorCode.ScannerFailed, "what it answered is of no digest")]
    [InlineData("/check", 500, "{\"message\": \"policy engine is away\"}", PatchErrorCode.ScannerFailed, "/check was answered 500: policy engine is away")]
    [InlineData("/check", 200, "[]", PatchErrorCode.ScannerFailed, "it is not the one evaluation")]
    [InlineData("/check", 200, "{\"image_digest\": \"DIGEST\", \"evaluations\": [{\"final_action\": \"go\", \"number_of_findings\": 3, \"details\": {\"findings\": []}}]}", PatchErrorCode.ScannerFailed, "says that it has 3 rows, and has 0")]
    [InlineData("/check", 200, "{\"image_digest\": \"DIGEST\", \"evaluations\": [{\"final_action\": \"go\", \"details\": {\"findings\": []}, \"evaluation_problems\": [{\"severity\": \"error\", \"details\": \"feed is away\"}]}]}", PatchErrorCode.ScannerFailed, "had problems: feed is away")]
    public async Task An_answer_that_is_none_is_an_error(string request, int status, string body, PatchErrorCode code, string fault)
    {
        await using var scene = await AnchoreScene.OpenAsync("v2", """, "account": "shop" """);
        scene.Anchore.Accounts = ["shop"];
        var (path, own) = (request.Replace("DIGEST", scene.Digest, StringComparison.Ordinal), body.Replace("DIGEST", scene.Digest, StringComparison.Ordinal));
        scene.Anchore.Instead = r => IsOf(r) ? new StubAnswer(status, own) : null;
        var e = await scene.FailAsync();
        Assert.Contains(fault.Replace("DIGEST", scene.Digest, StringComparison.Ordinal), e.Message, StringComparison.Ordinal);
        Assert.Equal(code, e.Code);

        bool IsOf(StubRequest r) => path == "/images?" ? r.Method == "POST" : r.Target.Split('?')[0].EndsWith(path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("REGISTRY_PERMISSION_DENIED")]
    [InlineData("REGISTRY_IMAGE_NOT_FOUND")]
    public async Task Where_Anchore_cannot_pull_the_error_says_that_the_login_is_Anchore_s_own(string fault)
    {
        await using var scene = await AnchoreScene.OpenAsync();
        scene.Anchore.PullFault = fault;
        var e = await scene.FailAsync();
        Assert.EndsWith($"was answered 400: cannot fetch image digest/manifest from registry, {fault}. Anchore pulls images itself: it has to reach "
            + $"{scene.Repository.Split('/')[0]}, with a login of its own for it ('anchorectl registry add').", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_analysis_that_fails_is_an_error()
    {
        await using var scene = await AnchoreScene.OpenAsync("v2");
        scene.Anchore.Progress = ["not_analyzed", "analyzing", "analysis_failed"];
        var e = await scene.FailAsync();
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Contains("it could not analyse the image (analysis_failed)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_analysis_that_does_not_end_is_an_error_when_the_time_is_over()
    {
        await using var scene = await AnchoreScene.OpenAsync("v1", """, "timeout": "5m" """);
        scene.Anchore.Progress = ["not_analyzed", "analyzing"];
        var e = await scene.FailAsync();
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Contains("it was not done within 5m: its analysis is 'analyzing', and the image 'active'", e.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(15), scene.Clock.Waits.Max());
    }

    [Fact]
    public async Task An_image_that_is_deleted_while_it_is_analysed_is_an_error()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        var gone = false;
        scene.Anchore.Instead = r =>
        {
            var now = gone;
            gone |= r.Method == "POST";
            return now ? AnchoreFake.Error(404, "cannot locate specified image") : null;
        };
        Assert.Contains("somebody deleted it meanwhile", (await scene.FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_Anchore_is_told_by_what_is_missing()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        scene.Anchore.Instead = _ => new StubAnswer(404, "not found");
        Assert.EndsWith($"{scene.Anchore.Url}/ has no v2/version and no v1/version. Give the address of Anchore's API, as https://anchore.example:8228.",
            (await scene.FailAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_is_unreachable()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        scene.Anchore.Instead = _ => new StubAnswer(200) { IsCut = true };
        Assert.Equal(PatchErrorCode.Unreachable, (await scene.FailAsync()).Code);
        Assert.Equal(5, scene.Anchore.Requests.Length);
    }

    [Theory]
    [InlineData("r.example/shop/web:1", "stands for the registry of this image")]
    [InlineData("oci:LAYOUT:1", "this image lies in none (oci:")]
    public async Task What_lies_in_no_registry_is_refused_and_nothing_is_asked(string image, string why)
    {
        await using var scene = await AnchoreScene.OpenAsync();
        var name = image.Replace("LAYOUT", Path.Combine(scene.Folder, "layout"), StringComparison.Ordinal);
        await ImageWorld.BaseImage("1").WriteAsync(scene.Services.Store, name, TestContext.Current.CancellationToken);
        var e = await scene.FailAsync(name);
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.Empty(scene.Anchore.Requests);
    }

    [Fact]
    public async Task An_image_without_a_tag_that_Anchore_does_not_know_is_refused_with_what_to_write()
    {
        await using var scene = await AnchoreScene.OpenAsync();
        var e = await scene.FailAsync($"{scene.Repository}@{scene.Digest}");
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
        Assert.EndsWith($"Name one beside the digest: {scene.Repository}:TAG@{scene.Digest}.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_address_the_error_says_where_it_belongs()
    {
        using var folder = new TemporaryFolder();
        using var services = new PatchServices(new PatchServicesOptions { State = new PatchState(folder.Path), Platforms = () => throw new InvalidOperationException() });
        var e = Assert.Throws<PatchException>(() => services.OpenScanner(new PatchContainers.Scanning.ScannerChoice { Names = ["anchore"] }));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains(services.SettingsFile, e.Message, StringComparison.Ordinal);
    }
}
