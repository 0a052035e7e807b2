using PatchContainers.Advisories;

namespace PatchContainers.Cli.Tests.Commands;

public sealed class AdvisoriesCommandTests
{
    [Fact]
    public async Task What_was_imported_is_shown()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var update = await world.ImportAsync("2023-12");
        var more = await world.ImportAsync("2024-01");
        var status = await world.Cli.RunAsync("advisories", "status");

        Assert.Equal(10, Assert.Single(update.Records<AdvisoryImportResult>()).RecordsRead);
        Assert.Equal(1, Assert.Single(more.Records<AdvisoryImportResult>()).RecordsRead);
        var ecosystem = Assert.Single(status.Records<AdvisoryEcosystem>());
        Assert.Equal(("Debian:12", 11), (ecosystem.Name, ecosystem.Records));
    }

    [Fact]
    public async Task A_record_that_is_none_is_named_and_the_rest_goes_on()
    {
        using var world = await World.CreateAsync(withAdvisories: false);
        await File.WriteAllTextAsync(Path.Combine(world.Data, "advisories", "2023-12", "bad.json"), "{ \"id\": 5 }",
            TestContext.Current.CancellationToken);

        var result = await world.ImportAsync("2023-12");

        Assert.Equal(ExitCode.Partly, result.ExitCode);
        Assert.Contains("bad.json", Assert.Single(result.Errors), StringComparison.Ordinal);
        Assert.Equal(10, Assert.Single(result.Records<AdvisoryImportResult>()).Ecosystems[0].Records);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_an_error()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await world.ImportAsync("1999-12");

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.StartsWith("error: NotFound ", result.Error, StringComparison.Ordinal);
    }
}
