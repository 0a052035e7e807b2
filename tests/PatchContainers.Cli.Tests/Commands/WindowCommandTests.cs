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

    [Fact]
    public async Task A_plan_is_answered_for_ring_by_ring()
    {
        using var folder = new TemporaryFolder();
        var plan = Path.Combine(folder.Path, "plan.yaml");
        await File.WriteAllTextAsync(plan, """
            name: a
            rings:
            - { name: one, targets: [{ path: one }] }
            - { name: two, targets: [{ path: two }], windows: ["Sat 02:00 +4h UTC"], timeout: 2h }
            """, TestContext.Current.CancellationToken);
        string[] line = ["window", "--plan", plan, "--at", "2026-06-06T05:00Z", "--output", "table"];
        var all = await new CliRunner().RunAsync(line);
        Assert.Equal(ExitCode.Failed, all.ExitCode);
        Assert.Contains("RING", all.Output, StringComparison.Ordinal);
        Assert.Contains("It is open until 2026-06-06 06:00Z, too short for 2h.", all.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await new CliRunner().RunAsync([.. line, "--ring", "one"])).ExitCode);
        Assert.Equal(ExitCode.Failed, (await new CliRunner().RunAsync([.. line, "--ring", "none"])).ExitCode);
        Assert.Equal(ExitCode.Usage, (await new CliRunner().RunAsync([.. line, "--window", "Sat 02:00 +4h UTC"])).ExitCode);
        Assert.Equal(ExitCode.Usage, (await new CliRunner().RunAsync("window", "--ring", "one")).ExitCode);
    }
}
