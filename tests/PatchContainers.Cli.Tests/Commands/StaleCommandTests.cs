using PatchContainers.Staleness;

namespace PatchContainers.Cli.Tests.Commands;

public sealed class StaleCommandTests
{
    [Fact]
    public async Task The_images_of_files_come_with_their_workloads_and_fresh_ones_only_on_demand()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var stale = await world.Cli.RunAsync("stale", "--path", world.Deploy);
        var all = await world.Cli.RunAsync("stale", "--path", world.Deploy, "--all");

        Assert.Equal(ExitCode.Done, stale.ExitCode);
        Assert.Equal([(World.Legacy, StaleStatus.Unknown), (World.Reports, StaleStatus.Stale), (World.Web, StaleStatus.Stale)],
            stale.Records<StaleImage>().Select(r => (r.Image, r.Status)).Order());
        Assert.Equal(8, stale.Records<StaleImage>().Single(r => r.Image == World.Web).Workloads.Count);
        Assert.Contains(all.Records<StaleImage>(), r => r.Image == World.Api && r.Status == StaleStatus.Fresh);
    }

    [Fact]
    public async Task Without_images_and_files_the_registry_map_is_looked_at_even_where_input_is_redirected()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await world.Cli.PipeAsync(string.Empty, "stale");

        Assert.Contains(result.Records<StaleImage>(), r => r.Image == World.Web);
    }

    [Fact]
    public async Task A_registry_map_on_the_command_line_goes_before_the_settings()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await world.Cli.RunAsync("stale", "--image", World.Web, "--registry-map",
            $"registry.demo.example=oci:{world.Root}/nowhere");

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.StartsWith("error: NotFound ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_is_exit_code_6_under_strict_only()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        Assert.Equal(ExitCode.Done, (await world.Cli.RunAsync("stale", "--image", World.Legacy)).ExitCode);
        Assert.Equal(ExitCode.Partly, (await world.Cli.RunAsync("stale", "--image", World.Legacy, "--strict")).ExitCode);
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_one_error_line_and_the_rest_goes_on()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await world.Cli.RunAsync("stale", "--image", "registry.demo.example/shop/none:1", "--image", World.Web);

        Assert.Equal(ExitCode.Partly, result.ExitCode);
        Assert.Equal(World.Web, Assert.Single(result.Records<StaleImage>()).Image);
        Assert.StartsWith("error: NotFound registry.demo.example/shop/none:1", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_go_to_terminals_and_the_format_asked_for_goes_anywhere()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var terminal = await world.Terminal.RunAsync("stale", "--image", World.Web);
        var csv = await world.Terminal.RunAsync("stale", "--image", World.Web, "--output", "csv");
        var json = await world.Terminal.RunAsync("stale", "--image", World.Web, "-o", "json");

        Assert.StartsWith("IMAGE ", terminal.Output, StringComparison.Ordinal);
        Assert.Contains("\e[31mStale\e[0m", terminal.Output, StringComparison.Ordinal);
        Assert.StartsWith("Image,Digest,", csv.Output, StringComparison.Ordinal);
        Assert.Equal(World.Web, Assert.Single(json.Records<StaleImage>()).Image);
    }

    [Fact]
    public async Task NO_COLOR_is_honoured()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await (new CliRunner { StatePath = world.State, IsTerminal = true,
            Environment = { ["NO_COLOR"] = "1" } }).RunAsync("stale", "--image", World.Web);

        Assert.DoesNotContain('\e', result.Output);
    }

    [Fact]
    public async Task The_state_folder_comes_from_the_environment_where_no_option_names_it()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await new CliRunner { Environment = { [PatchState.HomeVariable] = world.State } }.RunAsync("stale", "--image",
            World.Web);

        Assert.Equal(ExitCode.Done, result.ExitCode);
    }

    [Fact]
    public async Task An_image_is_TooOld_from_the_age_that_is_given()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await world.Cli.RunAsync("stale", "--image", World.Api, "--max-age", "30d");

        Assert.Equal([StaleReason.TooOld], Assert.Single(result.Records<StaleImage>()).Reasons);
    }
}
