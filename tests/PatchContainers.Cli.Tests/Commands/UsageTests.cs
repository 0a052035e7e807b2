namespace PatchContainers.Cli.Tests.Commands;

public sealed class UsageTests
{
    [Theory]
    [InlineData("", "Required command was not provided")]
    [InlineData("patch", "'patch'")]
    [InlineData("stale --image UPPER/Case", "upper-case")]
    [InlineData("stale --image", "--image")]
    [InlineData("stale --max-age soon", "'soon' is no duration")]
    [InlineData("stale", "Nothing to look at")]
    [InlineData("scan", "Nothing to scan")]
    [InlineData("scan --image a:1 --fail-on 3", "'3' is none of")]
    [InlineData("scan --image a:1 --platform arm64", "'arm64' is not a platform")]
    [InlineData("scan --image a:1 --output xml", "'xml' is no output format")]
    [InlineData("update", "Nothing to update")]
    [InlineData("update --image a:1 --strategy rebake", "'rebake' is none of auto, rebase, package-patch, dockerfile, rebuild")]
    [InlineData("update --image a:1 --base-image a=,b", "an old reference is empty")]
    [InlineData("rollout", "Required command was not provided")]
    [InlineData("rollout start --ring a", "either --path or --plan")]
    [InlineData("rollout start --path .", "--path needs --ring")]
    [InlineData("rollout start --path . --ring a", "Nothing to roll out")]
    [InlineData("rollout resume", "Required argument missing")]
    [InlineData("history verify --expected-head x", "'x'")]
    [InlineData("history --since yesterday", "'yesterday' is no time")]
    [InlineData("advisories update", "'--path' is required")]
    [InlineData("stale --registry-map registry.example", "HOST=oci:DIR")]
    [InlineData("stale --registry-map a=oci:b --registry-map a=oci:c", "names the host 'a' twice")]
    public async Task A_wrong_command_line_is_exit_code_2_and_says_what_is_wrong(string line, string fault)
    {
        using var folder = new TemporaryFolder();
        var result = await new CliRunner { Environment = { [PatchState.HomeVariable] = folder.Path } }.RunAsync(line.Split(' ',
            StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.StartsWith("error: Usage: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(fault, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("registry.example=bob:hunter2")]
    [InlineData("registry.example=bob:pass:hunter2")]
    [InlineData("registry.example=:hunter2")]
    [InlineData("registry.example:hunter2")]
    public async Task A_password_in_the_place_of_a_variable_is_refused_and_not_repeated(string argument)
    {
        var result = await new CliRunner().RunAsync("stale", "--image", "a:1", "--registry-credential", argument);

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains("HOST=USER:VARIABLE", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("stale --help")]
    [InlineData("rollout start --help")]
    [InlineData("history verify -h")]
    public async Task Help_is_no_error(string line)
    {
        var result = await new CliRunner().RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.Done, result.ExitCode);
        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }
}
