using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Compose;

/// <summary>Services that are made from other services, from a build, or from several files.</summary>
public sealed class ComposeExtendsTests : IDisposable
{
    private readonly FileSet _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Services_that_extend_each_other_in_a_long_row_are_given_up_one_by_one_and_soon()
    {
        // Followed to their ends, these take hours.
        _files.Write("compose.yaml", "services:\n  s0: {image: 'x:1'}\n"
            + string.Concat(Enumerable.Range(1, 20_000).Select(i => $"  s{i}: {{extends: s{i - 1}}}\n")));
        Assert.Equal(50, (await _files.ListAsync()).Count);
        Assert.Equal(19_951, _files.Notices.Failures.Length);
        Assert.Contains("more than 50 services", _files.Notices.Failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_many_services_extend_is_read_once()
    {
        // Read for each of them, this takes hours, too.
        _files.Write("compose.yaml", "services:\n"
            + string.Concat(Enumerable.Range(1, 5_000).Select(i => $"  s{i}: {{extends: {{file: common.txt, service: base}}}}\n")));
        _files.Write("common.txt", "services:\n  base: {image: 'x:1'}\n"
            + string.Concat(Enumerable.Range(1, 50_000).Select(i => $"  s{i}: {{image: 'y:1'}}\n")));
        Assert.Equal(5_000, (await _files.ListAsync()).Count(workload => workload.Image == "x:1"));
    }

    [Theory]
    [InlineData("web: {image: 'registry.example/web:1', build: .}", ChangeStatus.Refused)]
    [InlineData("web: {image: 'registry.example/web:1', build: {context: .}}", ChangeStatus.Refused)]
    [InlineData("web: {image: 'registry.example/web:1', build: }", ChangeStatus.Planned)]
    [InlineData("web: {image: 'registry.example/web:1', build: !reset null}", ChangeStatus.Planned)]
    [InlineData("web: {image: 'registry.example/web:1'}", ChangeStatus.Planned)]
    public async Task An_image_that_the_file_itself_builds_gets_no_digest(string service, ChangeStatus expected)
    {
        _files.Write("compose.yaml", $"services:\n  {service}\n");
        var change = Assert.Single(await _files.CheckAsync(FileSet.Change(await _files.OneAsync("compose.yaml"))));
        Assert.Equal(expected, change.Status);
        Assert.Equal(expected == ChangeStatus.Refused, change.Detail.Contains("'build'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("compose.yaml", "compose.override.yml", true)]
    [InlineData("docker-compose.yml", "docker-compose.override.yml", true)]
    [InlineData("docker-compose.yml", "compose.override.yml", false)]
    [InlineData("compose.yaml", "compose.prod.yaml", false)]
    public async Task An_override_that_Compose_takes_by_itself_is_told(string file, string over, bool told)
    {
        _files.Write(file, "services:\n  web: {image: 'x:1'}\n  db: {image: 'y:1'}\n");
        _files.Write(over, "services:\n  web: {image: 'x:2'}\n  db: {build: .}\n");
        Assert.Equal(3, (await _files.ListAsync()).Count);
        Assert.Equal(told, _files.Notices.Warnings.Any(warning => warning.Contains($"laid over '{file}' by Compose: of web, the image",
            StringComparison.Ordinal)));
    }
}
