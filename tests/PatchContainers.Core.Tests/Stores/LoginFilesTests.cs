using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

public sealed class LoginFilesTests : IDisposable
{
    // user:secret
    private const string Auth = "dXNlcjpzZWNyZXQ=";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("registry.example", "registry.example", "team/app", true)]
    [InlineData("registry.example", "registry.example:5000", "team/app", false)]
    [InlineData("registry.example:5000", "registry.example:5000", "team/app", true)]
    [InlineData("https://registry.example/v1/", "registry.example", "team/app", true)]
    [InlineData("https://registry.example/v2/", "registry.example", "team/app", true)]
    [InlineData("http://registry.example", "registry.example", "team/app", true)]
    [InlineData("REGISTRY.example", "registry.example", "team/app", true)]
    [InlineData("https://index.docker.io/v1/", "docker.io", "library/nginx", true)]
    [InlineData("docker.io", "docker.io", "library/nginx", true)]
    [InlineData("https://index.docker.io/v1/", "registry.example", "library/nginx", false)]
    [InlineData("registry.example/team", "registry.example", "team/app", true)]
    [InlineData("registry.example/team/app", "registry.example", "team/app", true)]
    [InlineData("registry.example/team", "registry.example", "teammate/app", false)]
    [InlineData("registry.example/team", "registry.example", "other/app", false)]
    public void A_login_is_for_its_host_or_a_part_of_it(string key, string registry, string repository, bool found)
    {
        var credential = Write($$$$"""{"auths":{"{{{{key}}}}":{"auth":"{{{{Auth}}}}"}}}""").Find(registry, repository, out _);
        Assert.Equal(found ? new RegistryCredential("user", "secret") : null, credential);
    }

    [Fact]
    public void The_most_specific_login_wins()
    {
        var files = Write(
            """{"auths":{"registry.example":{"username":"a","password":"a"},"registry.example/team":{"username":"b","password":"b"}}}""");
        Assert.Equal(("b", "a"),
            (files.Find("registry.example", "team/app", out _)!.UserName, files.Find("registry.example", "app", out _)!.UserName));
    }

    [Theory]
    [InlineData("{\"auths\":{\"registry.example\":{}}}")]
    [InlineData("{\"auths\":{}}")]
    [InlineData("{}")]
    public void No_login_is_no_credential(string json) => Assert.Null(Write(json).Find("registry.example", "app", out _));

    [Theory]
    [InlineData("{\"credHelpers\":{\"registry.example\":\"ecr-login\"}}", "'ecr-login' in ")]
    [InlineData("{\"credsStore\":\"osxkeychain\"}", "'osxkeychain' in ")]
    public void A_helper_is_told(string json, string helper)
    {
        Assert.Null(Write(json).Find("registry.example", "app", out var told));
        Assert.StartsWith(helper, told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{s3cret", "not valid JSON")]
    [InlineData("[\"s3cret\"]", "no JSON object")]
    [InlineData("{\"auths\":{\"registry.example\":{\"auth\":\"s3cret!\"}}}", "not base64")]
    [InlineData("{\"auths\":{\"registry.example\":{\"auth\":\"czNjcmV0\"}}}", "not user:password")]
    public void A_broken_file_is_an_error_that_names_it_and_holds_nothing_of_it(string json, string fault)
    {
        var files = Write(json);
        var e = Assert.Throws<PatchException>(() => files.Find("registry.example", "app", out _));
        Assert.Equal((PatchErrorCode.InvalidData, _folder["config.json"]), (e.Code, e.Target));
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_named_and_is_missing_is_an_error() =>
        Assert.Equal(PatchErrorCode.FileError,
            Assert.Throws<PatchException>(() => new LoginFiles(_folder["none.json"]).Find("registry.example", "app", out _)).Code);

    private LoginFiles Write(string json)
    {
        File.WriteAllText(_folder["config.json"], json);
        return new LoginFiles(_folder["config.json"]);
    }
}
