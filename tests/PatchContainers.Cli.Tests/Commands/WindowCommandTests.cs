namespace PatchContainers.Cli.Tests.Commands;

public sealed class WindowCommandTests
{
    [Theory]
    [InlineData("2026-03-28T01:00Z", "2h", ExitCode.Done, "\"Fits\":true")]
    [InlineData("2026-03-28T01:00Z", "1h30m", ExitCode.Done, "\"OpenUntil\":\"2026-03-28T05:00:00Z\"")]
    [InlineData("2026-03-28T04:00Z", "2h", ExitCode.Failed, "\"NextFit\":\"2026-03-29T01:00:00Z\"")]
    [InlineData("2026-03-29T00:59Z", null, ExitCode.Failed, "\"NextOpen\":\"2026-03-29T01:00:00Z\"")]
    [InlineData("2026-12-26T02:00Z", null, ExitCode.Failed, "by the freeze 2026-12-20..2027-01-06 Europe/Berlin")]
    public async Task The_exit_code_says_whether_the_work_may_begin(string at, string? duration, int code, string output)
    {
        string[] line = ["window", "--window", "Sat,Sun 02:00 +4h Europe/Berlin", "--blackout", "2026-12-20..2027-01-06", "--at", at];
        var run = await new CliRunner().RunAsync(duration is null ? line : [.. line, "--duration", duration]);
        Assert.Equal(code, run.ExitCode);
        Assert.Contains(output, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--window", "Saturday night")]
    [InlineData("--blackout", "yesterday UTC")]
    [InlineData("--duration", "long")]
    [InlineData("--at", "noon")]
    public async Task What_cannot_be_read_is_a_usage_error(string option, string value) =>
        Assert.Equal(ExitCode.Usage, (await new CliRunner().RunAsync("window", option, value)).ExitCode);
}
