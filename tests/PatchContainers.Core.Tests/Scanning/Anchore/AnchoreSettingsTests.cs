using PatchContainers.Endpoints;
using PatchContainers.Scanning.Anchore;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Anchore;

public sealed class AnchoreSettingsTests
{
    [Theory]
    [InlineData("https://anchore.example:8228", "", "https://anchore.example:8228/", "")]
    [InlineData("https://anchore.example:8228/v1/", "", "https://anchore.example:8228/", "v1")]
    [InlineData("https://anchore.example/proxied/v2", "v2", "https://anchore.example/proxied/", "v2")]
    [InlineData("http://127.0.0.1:8228", "v1", "http://127.0.0.1:8228/", "v1")]
    public void The_address_may_have_the_version_behind_it_as_anchore_cli_wants_it(string url, string version, string address, string spoken)
    {
        var settings = Parse(("url", url), ("apiVersion", version));
        Assert.Equal((address, spoken), (settings.Url.AbsoluteUri, settings.ApiVersion));
        Assert.Equal((TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(5)), (settings.Timeout, settings.Endpoint.Timeout));
    }

    [Theory]
    [InlineData("apiVersion", "v3", "the setting 'apiVersion' is 'v3'; it has to be one of v2, v1.")]
    [InlineData("url", "https://anchore.example/v1", "the setting 'apiVersion' is 'v2', and the address in 'url' ends with 'v1'.")]
    [InlineData("url", "anchore.example", "the setting 'url' has to be an address")]
    [InlineData("url", "https://ops:s3cret@anchore.example", "the setting 'url' has a login in it")]
    [InlineData("url", "http://anchore.example", "secrets go over https, or to this machine")]
    [InlineData("account", "two words", "the setting 'account' may have printable ASCII alone")]
    [InlineData("timeout", "soon", "the setting 'timeout' is 'soon'; it has to be a duration from 1s to 1d")]
    [InlineData("password", "s3cret", "the setting 'password' is not known")]
    public void A_setting_that_cannot_be_used_is_an_error(string name, string value, string fault)
    {
        (string Name, string Value)[] settings =
            [("url", "https://anchore.example"), ("user", "ops"), ("passwordFile", "/etc/anchore"), ("apiVersion", "v2")];
        var e = Assert.Throws<PatchException>(() => Parse([.. settings.Where(s => s.Name != name), (name, value)]));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.StartsWith("The scanner 'Anchore': ", e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user", "the user 'ops' in the account 'shop'")]
    [InlineData("token", "the token in the account 'shop'")]
    [InlineData("", "a guest in the account 'shop'")]
    public void Errors_say_as_whom_it_was_asked(string login, string who) => Assert.Equal(who, Parse([
        ("url", "https://anchore.example"), ("account", "shop"),
        .. login switch { "user" => [("user", "ops"), ("passwordEnv", "X")], "token" => [("tokenEnv", "X")], _ => Array.Empty<(string, string)>() }]).Who);

    [Fact]
    public async Task A_real_Anchore_scans_an_image_of_Docker_Hub()
    {
        string? Given(string name) => Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_ANCHORE" + name);
        Assert.SkipWhen(string.IsNullOrEmpty(Given("")), "PATCHCONTAINERS_TEST_ANCHORE names no Anchore that can be asked.");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[PatchSettings.FileName], $$"""
            {"scanners": {"anchore": {"url": "{{Given("")}}", "user": "{{Given("_USER")}}", "passwordEnv": "PATCHCONTAINERS_TEST_ANCHORE_PASSWORD"} } }
            """);
        using var services = new PatchServices(new PatchServicesOptions { State = new PatchState(folder.Path), Platforms = () => throw new InvalidOperationException() });
        var image = Given("_IMAGE") ?? "docker.io/library/debian:bookworm-20230612-slim";
        var target = new PatchContainers.Scanning.ScanTarget
        {
            Image = PatchContainers.Images.ImageReference.Parse(image), Name = image, Platforms = [PatchContainers.Images.Platform.Parse("linux/amd64")],
        };
        var scanner = services.OpenScanner(new PatchContainers.Scanning.ScannerChoice { Names = ["Anchore"] });
        var result = Assert.Single(await scanner.ScanAsync(target, new NoticeList(), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        Assert.NotEmpty(result.Scanner.Version);
        Assert.NotEmpty(result.Findings);
    }

    private static AnchoreSettings Parse(params (string Name, string Value)[] settings) => AnchoreSettings.Parse(new SettingReader("scanner", "Anchore",
        settings.Where(s => s.Value.Length > 0).ToDictionary(s => s.Name, s => s.Value), AnchoreSettings.SettingNames));
}
